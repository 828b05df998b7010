/** Numbers that a list for one input may hold. */
export const MOST_NUMBERS = 1 << 16;
/** Inputs that may be given values of their own. */
export const MOST_INPUTS = 64;

/**
 * Reads what people write for an input: a number for every element, or a list of numbers with commas;
 * `true` and `false` are 1 and 0. Undefined for anything else.
 */
export function readFeed(text: string): number | readonly number[] | undefined {
  const numbers = text.split(',').map(asNumber);
  if (numbers.length > MOST_NUMBERS || !numbers.every(Number.isFinite)) return undefined;
  const [only = 0] = numbers;
  return numbers.length === 1 ? only : numbers;
}

function asNumber(text: string): number {
  const trimmed = text.trim();
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true' ? 1 : 0;
  return trimmed === '' ? NaN : Number(trimmed);
}
