const MINUS = '−';

/** A number with fixed decimals and a true minus sign: `−0.45`; blocked scores are −∞. */
export function number(value: number, decimals: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value) || value < -1e30) return value < 0 ? `${MINUS}∞` : '∞';
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** The same with a sign before positive numbers: `+4.6`. */
export const signed = (value: number, decimals: number): string =>
  value > 0 ? `+${number(value, decimals)}` : number(value, decimals);

const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉';

/** Digits below the line: `z₁₄`, `the₇`. */
export const subscript = (index: number | string): string =>
  String(index).replace(/\d/g, digit => SUBSCRIPTS[Number(digit)] ?? digit);
