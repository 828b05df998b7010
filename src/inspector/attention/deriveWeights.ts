import type { AttentionSite } from '../../protocol/model';
import type { Tensor } from '../runtime/tensor';
import { scoreRow } from './scores';
import type { Weights } from './weightMap';

/**
 * Whether a site's weights follow from query and key alone: nothing is added to the scores but a
 * mask whose form is known at this length. Relative biases, ALiBi and soft-caps live in the graph only.
 * @param keys length of the sequence that is attended to
 */
export function isDerivable(site: AttentionSite, keys: number): boolean {
  const { positional, softCap, check, maskSeenUpTo = Infinity } = site;
  if (keys > maskSeenUpTo) return false;
  const addsBias = positional.kind === 'relativeBias' || positional.kind === 'alibi';
  const isKnown = positional.kind !== 'unknown' && check.result === 'exact';
  return isKnown && !addsBias && softCap === undefined;
}

/**
 * The weights of some queries of one head, computed from query and key: softmax(q·k × scale) over
 * the keys that the mask allows (Vaswani et al. 2017, eq. 1).
 * @param query `[1, heads, queries, headDim]`
 * @param key `[1, keyHeads, keys, headDim]`
 * @param rows the queries, in the order of the result's rows
 */
export function deriveWeights(
  site: AttentionSite,
  query: Tensor,
  key: Tensor,
  head: number,
  rows: readonly number[],
): Weights {
  const queries = query.dims[2] ?? 0;
  const keys = key.dims[2] ?? 0;
  const weights = new Float32Array(rows.length * keys);
  const maskedScores = new Float32Array(rows.length * keys).fill(-Infinity);
  const scores = new Float32Array(keys);
  for (const [row, at] of rows.entries()) {
    scoreRow(site, query, key, { batch: 0, head, query: at }, scores);
    const [first, end] = allowedKeys(site, at + keys - queries, keys);
    const start = row * keys;
    maskedScores.set(scores.subarray(first, end), start + first);
    softmaxInto(scores.subarray(first, end), weights.subarray(start + first, start + end));
  }
  return { queries: rows.length, keys, weights, maskedScores };
}

/** The keys `[first, end)` that the mask lets a query at this position see. */
function allowedKeys({ kind, mask }: AttentionSite, position: number, keys: number) {
  if (kind === 'cross' || mask.kind === 'bidirectional') return [0, keys] as const;
  if (mask.kind === 'causal') return [0, Math.min(keys, position + 1)] as const;
  const first = Math.max(0, position - mask.before);
  return [first, Math.min(keys, position + mask.after + 1)] as const;
}

/** Softmax in float64, with the largest score subtracted so that nothing overflows. */
function softmaxInto(scores: Float32Array, output: Float32Array): void {
  let largest = -Infinity;
  for (const score of scores) largest = Math.max(largest, score);
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - largest);
  for (const [i, score] of scores.entries()) output[i] = Math.exp(score - largest) / sum;
}
