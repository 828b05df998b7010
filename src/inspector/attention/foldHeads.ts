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
      folded = {
        ...head,
        weights: head.weights.slice(),
        maskedScores: head.maskedScores.slice(),
        ...(head.sink ? { sink: head.sink.slice() } : {}),
      };
  }
  if (!folded) throw new RangeError('foldHeads needs at least one head');
  if (how === 'mean') {
    for (const values of [folded.weights, folded.sink ?? new Float32Array()]) {
      for (let at = 0; at < values.length; at++) values[at] = (values[at] ?? 0) / count;
    }
  }
  return folded;
}

function addHead(
  { weights, maskedScores, sink }: Weights,
  head: Weights,
  how: 'mean' | 'max',
): void {
  const fold = (one = 0, all = 0) => (how === 'mean' ? all + one : Math.max(all, one));
  for (let query = 0; sink && query < sink.length; query++) {
    sink[query] = fold(head.sink?.[query], sink[query]);
  }
  for (let at = 0; at < weights.length; at++) {
    weights[at] = fold(head.weights[at], weights[at]);
    maskedScores[at] = Math.max(maskedScores[at] ?? 0, head.maskedScores[at] ?? 0);
  }
}
