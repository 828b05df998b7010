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

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A power of ten: `10⁻⁴`. */
export const powerOfTen = (exponent: number): string =>
  `10${String(exponent)
    .replace('-', '⁻')
    .replace(/\d/g, digit => SUPERSCRIPTS[Number(digit)] ?? digit)}`;

/** One digit times a power of ten: `3·10⁻⁵`; 0 as it is. */
export function scientific(value: number): string {
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return number(value, 0);
  const [digit = '0', exponent = '0'] = Math.abs(value).toExponential(0).split('e');
  const sign = value < 0 ? MINUS : '';
  return `${sign}${digit === '1' ? '' : `${digit}·`}${powerOfTen(Number(exponent))}`;
}
