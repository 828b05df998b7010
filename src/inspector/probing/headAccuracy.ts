import type { Word } from '../../protocol/words';
import type { Tensor } from '../runtime/tensor';

/** A word with its head, both read by the model. */
export interface Dependency {
  readonly dependent: number;
  readonly head: number;
  readonly relation: string;
}

/**
 * Weights between words `[words, words]`: the sum over the pieces of the key's word, the mean over those of the
 * query's (Clark et al. 2019 §4.1). A word attends to itself by 0, and so does one that was not read to any.
 * @param weights softmax output `[batch, heads, queries, keys]`
 */
export function wordWeights(
  { dims, data }: Tensor,
  row: number,
  head: number,
  words: readonly (Word | undefined)[],
): Float64Array {
  const [, heads = 1, queries = 0, keys = 0] = dims;
  const start = (row * heads + head) * queries * keys;
  const result = new Float64Array(words.length ** 2);
  for (const [i, from] of words.entries()) {
    for (const [j, to] of words.entries()) {
      if (i === j || !from || !to) continue;
      let sum = 0;
      for (let query = from.first; query < from.end; query++) {
        for (let key = to.first; key < to.end; key++) sum += data[start + query * keys + key] ?? 0;
      }
      result[i * words.length + j] = sum / (from.end - from.first);
    }
  }
  return result;
}

/** The word that a dependent attends to most; −1 where it attends to none. */
export function mostAttended(weights: Float64Array, words: number, dependent: number): number {
  return largest(words, i => weights[dependent * words + i] ?? 0);
}

/** The word that attends to a dependent most; −1 where none does. */
export function mostAttending(weights: Float64Array, words: number, dependent: number): number {
  return largest(words, i => weights[i * words + dependent] ?? 0);
}

function largest(count: number, valueOf: (i: number) => number): number {
  let best = -1;
  for (let i = 0; i < count; i++) if (valueOf(i) > (best < 0 ? 0 : valueOf(best))) best = i;
  return best;
}

/** Distances of a head that the baseline tries, in both directions. */
const FARTHEST = 10;

/** The offset that is right most often, and how often: a dependency's head is `offset` words after it. */
export function bestOffset(dependencies: readonly Dependency[]): {
  readonly offset: number;
  readonly right: number;
} {
  const counts = new Map<number, number>();
  for (const { dependent, head } of dependencies) {
    const offset = head - dependent;
    if (Math.abs(offset) <= FARTHEST) counts.set(offset, (counts.get(offset) ?? 0) + 1);
  }
  const [best] = [...counts].sort(([a, m], [b, n]) => n - m || Math.abs(a) - Math.abs(b) || a - b);
  return { offset: best?.[0] ?? 1, right: best?.[1] ?? 0 };
}
