import type { Weights } from './weightMap';

/**
 * Folds the heads of one layer into one map: the mean or the maximum of their weights. A pair
 * counts as blocked only where every head blocks it.
 */
export function foldHeads(heads: readonly Weights[], how: 'mean' | 'max'): Weights {
  const [first] = heads;
  if (!first) throw new RangeError('foldHeads needs at least one head');
  const weights = Float32Array.from(first.weights);
  const maskedScores = Float32Array.from(first.maskedScores);
  for (const head of heads.slice(1)) {
    for (let at = 0; at < weights.length; at++) {
      const one = head.weights[at] ?? 0;
      const all = weights[at] ?? 0;
      weights[at] = how === 'mean' ? all + one : Math.max(all, one);
      maskedScores[at] = Math.max(maskedScores[at] ?? 0, head.maskedScores[at] ?? 0);
    }
  }
  if (how === 'mean') {
    for (let at = 0; at < weights.length; at++) weights[at] = (weights[at] ?? 0) / heads.length;
  }
  return { queries: first.queries, keys: first.keys, weights, maskedScores };
}
