const MINUS = '−';
/** Keeps a number and its unit together. */
const NARROW_SPACE = '\u202f';

/** Made once: making one takes longer than a hundred numbers. */
const GROUPED = new Intl.NumberFormat('en-US');

/** Fixed decimals without the zero before the point: `.613`, `1.000`, `−.25`. */
function fixed(value: number, decimals: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const text = Math.abs(value).toFixed(decimals).replace(/^0\./, '.');
  return value < 0 && Number(value.toFixed(decimals)) !== 0 ? MINUS + text : text;
}

/** A weight as tables show it: `.613`. */
export const weight3 = (value: number): string => fixed(value, 3);

/** A weight as labels show it: `.61`. */
export const weight2 = (value: number): string => fixed(value, 2);

/** A score: two decimals and a true minus sign; blocked scores are −∞. */
export function score(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? `${MINUS}∞` : '∞';
  const text = Math.abs(value).toFixed(2);
  return value < 0 && text !== '0.00' ? MINUS + text : text;
}

/** A share in a sentence: `61 %`, `under 1 %`. */
export function percent(share: number): string {
  if (Number.isNaN(share)) return 'NaN';
  if (share > 0 && share < 0.005) return `under 1${NARROW_SPACE}%`;
  return `${Math.round(share * 100)}${NARROW_SPACE}%`;
}

/** A count with grouped digits: `1,204`. */
export const count = (value: number): string => GROUPED.format(value);

/** A number and its noun: `1 token`, `19 tokens`. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** A duration: `41 ms`, `1.2 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1000).toFixed(1)} s`;
}
