import type { Weights } from './weightMap';

/**
 * Folds the heads of one layer into one map: the mean or the maximum of their weights. A pair
 * counts as blocked only where every head blocks it. Heads are taken one at a time, so that those
 * of a long text need not all be in memory.
 */
export async function foldHeads(
  heads: Iterable<Weights> | AsyncIterable<Weights>,
  how: 'mean' | 'max',
): Promise<Weights> {
  let folded: Weights | undefined;
  let count = 0;
  for await (const head of heads) {
    count++;
    if (folded) addHead(folded, head, how);
    else
      folded = { ...head, weights: head.weights.slice(), maskedScores: head.maskedScores.slice() };
  }
  if (!folded) throw new RangeError('foldHeads needs at least one head');
  const { weights } = folded;
  if (how === 'mean') {
    for (let at = 0; at < weights.length; at++) weights[at] = (weights[at] ?? 0) / count;
  }
  return folded;
}

function addHead({ weights, maskedScores }: Weights, head: Weights, how: 'mean' | 'max'): void {
  for (let at = 0; at < weights.length; at++) {
    const one = head.weights[at] ?? 0;
    const all = weights[at] ?? 0;
    weights[at] = how === 'mean' ? all + one : Math.max(all, one);
    maskedScores[at] = Math.max(maskedScores[at] ?? 0, head.maskedScores[at] ?? 0);
  }
}
