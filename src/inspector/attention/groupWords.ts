import type { Word } from '../../protocol/words';
import type { Weights } from './weightMap';

/**
 * Weights between words: the sum over the pieces of the key's word, the mean over those of the
 * query's, so that rows that summed to 1 still do (as Clark et al. 2019 §4 do). A pair of words
 * counts as allowed where any of its pairs of pieces is.
 * @param queryWords rows of the result, `[first, end)` in rows of `weights`
 * @param keyWords columns of the result
 */
export function groupWords(
  { keys, weights, maskedScores, sink }: Weights,
  queryWords: readonly Word[],
  keyWords: readonly Word[],
): Weights {
  const size = queryWords.length * keyWords.length;
  const grouped = {
    queries: queryWords.length,
    keys: keyWords.length,
    weights: new Float32Array(size),
    maskedScores: new Float32Array(size),
    ...(sink ? { sink: Float32Array.from(queryWords, rows => meanOf(sink, rows)) } : {}),
  };
  let at = 0;
  for (const rows of queryWords) {
    for (const columns of keyWords) {
      let sum = 0;
      let highest = -Infinity;
      for (let row = rows.first; row < rows.end; row++) {
        for (let column = columns.first; column < columns.end; column++) {
          sum += weights[row * keys + column] ?? 0;
          highest = Math.max(highest, maskedScores[row * keys + column] ?? -Infinity);
        }
      }
      grouped.weights[at] = sum / (rows.end - rows.first);
      grouped.maskedScores[at] = highest;
      at++;
    }
  }
  return grouped;
}

function meanOf(values: Float32Array, { first, end }: Word): number {
  return values.subarray(first, end).reduce((sum, value) => sum + value, 0) / (end - first);
}
