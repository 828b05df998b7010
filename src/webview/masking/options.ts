import type { MaskChange } from '../../protocol/change';

/** What stands beside the main run in the Masking view; kept across reloads. */
export interface MaskingOptions {
  /** Reference of the other run's model; empty for the bundled model of the other kind. */
  readonly other: string;
  /** Text of the other run; empty for the main run's. */
  readonly otherText: string;
  /** Null imposes what the model does not have: a causal mask, or none on a causal model. */
  readonly change: MaskChange | null;
  /** The main run is also made with the changed mask. */
  readonly isChanged: boolean;
  /** The changed run is shown as what it gained and lost. */
  readonly difference: boolean;
}

/** Stands for the main run's own model in `MaskingOptions.other`. */
export const SAME_MODEL = '=';

export const DEFAULT_MASKING: MaskingOptions = {
  other: '',
  otherText: '',
  change: null,
  isChanged: true,
  difference: true,
};

/** Longest text that is kept across reloads. */
const LONGEST_TEXT = 5000;

/** Reads stored options; what does not fit falls back to the defaults. */
export function readMasking(value: unknown): MaskingOptions {
  const { other, otherText, change, isChanged, difference } = (value ??
    {}) as Partial<MaskingOptions>;
  return {
    other: typeof other === 'string' ? other : '',
    otherText: typeof otherText === 'string' && otherText.length <= LONGEST_TEXT ? otherText : '',
    change: readChange(change),
    isChanged: isChanged !== false,
    difference: difference !== false,
  };
}

function readChange(change: unknown): MaskChange | null {
  const { kind, before, after, side, count, unmasked } = (change ?? {}) as Record<string, unknown>;
  if (kind === 'causal' || kind === 'bidirectional') return { kind };
  const whole = (number: unknown): number | null =>
    typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : null;
  if (kind === 'window') return { kind, before: whole(before) ?? 2, after: whole(after) ?? 2 };
  if (kind !== 'padding' || (side !== 'left' && side !== 'right')) return null;
  return { kind, side, count: Math.max(1, whole(count) ?? 4), unmasked: unmasked === true };
}
