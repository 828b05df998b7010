import { MOST_PADDING, type MaskChange } from '../../protocol/change';

/** What `--mask` takes. */
export const MASK_USAGE = 'causal|bidirectional|window:B,A|padding:left|right,N[,unmasked]';

/** The mask change that an option names; undefined where it names none. */
export function parseMask(option: string): MaskChange | undefined {
  const [kind, rest, ...others] = option.split(':');
  if (others.length > 0) return undefined;
  if (kind === 'causal' || kind === 'bidirectional')
    return rest === undefined ? { kind } : undefined;
  const parts = rest?.split(',') ?? [];
  if (kind === 'window') {
    const [before, after] = parts.map(wholeNumber);
    if (parts.length !== 2 || before === undefined || after === undefined) return undefined;
    return { kind, before, after };
  }
  if (kind !== 'padding') return undefined;
  const [side, number = '', unmasked] = parts;
  const count = wholeNumber(number);
  if ((side !== 'left' && side !== 'right') || parts.length > 3) return undefined;
  if (count === undefined || count < 1 || count > MOST_PADDING) return undefined;
  if (unmasked === undefined) return { kind, side, count };
  return unmasked === 'unmasked' ? { kind, side, count, unmasked: true } : undefined;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}
