import type { AttentionSite } from '../../protocol/model';
import { spanOf } from '../../protocol/tileKernel';
import type { Tensor } from '../runtime/tensor';
import { headScores } from './headScores';
import { scoreRows } from './scoreKernel';
import type { Weights } from './weightMap';

/**
 * Whether a site's weights follow from query and key alone: nothing is added to the scores but a
 * mask whose form is known at this length. Relative biases, ALiBi, soft-caps and sinks live in
 * the graph only.
 * @param keys length of the sequence that is attended to
 */
export function isDerivable(site: AttentionSite, keys: number): boolean {
  const { positional, softCap, sink, check, maskSeenUpTo = Infinity } = site;
  if (keys > maskSeenUpTo) return false;
  const addsBias = positional.kind === 'relativeBias' || positional.kind === 'alibi';
  const isKnown = positional.kind !== 'unknown' && check.result === 'exact';
  return isKnown && !addsBias && softCap === undefined && sink === undefined;
}

/** Queries that are scored at one time. */
const AT_ONCE = 64;

/**
 * The weights of some queries of one head, computed from query and key: softmax(q·k × scale) over
 * the keys that the mask allows (Vaswani et al. 2017, eq. 1).
 * @param query `[1, heads, queries, headDim]`
 * @param key `[1, keyHeads, keys, headDim]`
 * @param rows the queries, in the order of the result's rows
 */
export async function deriveWeights(
  site: AttentionSite,
  query: Tensor,
  key: Tensor,
  head: number,
  rows: readonly number[],
): Promise<Weights> {
  const scores = headScores(site, query, key, head);
  const { keys } = scores;
  const weights = new Float32Array(rows.length * keys);
  const maskedScores = new Float32Array(rows.length * keys).fill(-Infinity);
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const some = rows.slice(from, from + AT_ONCE);
    const scored = await scoreRows(scores, some);
    const { first: left, end: right } = scored.span;
    some.forEach((at, i) => {
      const { first, end } = spanOf(scores, at);
      const start = (from + i) * keys;
      const line = scored.scores.subarray(i * (right - left), (i + 1) * (right - left));
      maskedScores.set(line.subarray(first - left, end - left), start + first);
      const logSumExp = scored.logSumExp[i] ?? NaN;
      for (let k = first; k < end; k++) {
        weights[start + k] = Math.exp((line[k - left] ?? NaN) - logSumExp);
      }
    });
  }
  return { queries: rows.length, keys, weights, maskedScores };
}
