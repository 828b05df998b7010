import type { Feed } from '../run';

/** Elements of a feed in another order, as many as there are to be. @param at where each one is */
export function elementsAt(
  data: Feed['data'],
  length: number,
  at: (i: number) => number,
): Feed['data'] {
  if (data instanceof BigInt64Array) {
    return BigInt64Array.from({ length }, (_, i) => data[at(i)] ?? 0n);
  }
  const numbers = Array.from({ length }, (_, i) => data[at(i)] ?? 0);
  return data instanceof Float32Array ? Float32Array.from(numbers) : Int32Array.from(numbers);
}
