import type { Word } from '../../protocol/words';
import type { Combination } from './taskItem';
import { meanInto } from './wordVectors';

/** How many vectors make the features of an item. */
const PARTS: Readonly<Record<Combination, number>> = { one: 1, both: 2, product: 3 };

/** Length of an item's features. */
export const featureDims = (combination: Combination, width: number): number =>
  PARTS[combination] * width;

/**
 * Features of items in one state `[items, dims]`. A span's vector is the mean of its words'; two vectors stand
 * side by side, with their products where the combination says so.
 * @param state `[words, width]`
 * @param items rows of each item's spans
 */
export function featuresOf(
  combination: Combination,
  state: Float32Array,
  width: number,
  items: readonly (readonly Word[])[],
): Float32Array {
  const dims = featureDims(combination, width);
  const features = new Float32Array(items.length * dims);
  for (const [item, spans] of items.entries()) {
    const mine = features.subarray(item * dims, (item + 1) * dims);
    for (const [i, rows] of spans.entries()) {
      meanInto(mine.subarray(i * width, (i + 1) * width), state, rows);
    }
    if (combination !== 'product') continue;
    for (let i = 0; i < width; i++) mine[2 * width + i] = (mine[i] ?? 0) * (mine[width + i] ?? 0);
  }
  return features;
}
