import type { MaskChange } from '../../../protocol/change';
import { flag, record, text } from '../../kit/stored';

/** Stands for the main run's own model in `MaskingOptions.other`. */
export const SAME_MODEL = '=';

/** Stands for asking for a capture file. */
export const CAPTURE_FILE = '\0capture';

/** Longest text that is kept across reloads. */
const LONGEST_TEXT = 5000;

/** Reads what stands beside the main run in the Masking view. */
export const readMasking = record({
  /** Reference of the other run's model; empty for the bundled model of the other kind. */
  other: text(Infinity),
  /** Text of the other run; empty for the main run's. */
  otherText: text(LONGEST_TEXT),
  /** Null imposes what the model does not have: a causal mask, or none on a causal model. */
  change: readChange,
  /** The main run is also made with the changed mask. */
  isChanged: flag(true),
  /** The changed run is shown as what it gained and lost. */
  difference: flag(true),
});

export type MaskingOptions = ReturnType<typeof readMasking>;
export const DEFAULT_MASKING: MaskingOptions = readMasking({});
export const maskingOptions = { masking: readMasking };

function readChange(change: unknown): MaskChange | null {
  const { kind, before, after, side, count, unmasked } = (change ?? {}) as Record<string, unknown>;
  if (kind === 'causal' || kind === 'bidirectional') return { kind };
  const whole = (number: unknown): number | null =>
    typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : null;
  if (kind === 'window') return { kind, before: whole(before) ?? 2, after: whole(after) ?? 2 };
  if (kind !== 'padding' || (side !== 'left' && side !== 'right')) return null;
  return { kind, side, count: Math.max(1, whole(count) ?? 4), unmasked: unmasked === true };
}
