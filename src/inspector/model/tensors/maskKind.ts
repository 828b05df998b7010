import type { MaskKind } from '../../../protocol/model';
import type { Tensor } from '../../runtime/tensor';

/** Masks lower a score by 10⁴ at least; no score of a model does. */
const blockedBelow = 1e3;

/** In a row that the mask blocks as a whole, no score is above this. */
const emptyBelow = -9e3;

/** Below this float16 knows -∞ only. */
const lowestHalf = -65_504;

/**
 * Whether the mask blocks a pair: its masked score lies far below the best one of its row, or below all.
 * @param plain q·k × scale, where it is known: a score that is as low by itself is not blocked
 */
export function blockedPairs({ dims, data }: Tensor, plain?: ArrayLike<number>): Uint8Array {
  const keys = dims.at(-1) ?? 1;
  const blocked = new Uint8Array(data.length);
  for (let row = 0; row < data.length; row += keys) {
    const scores = data.subarray(row, row + keys);
    const limit = scores.reduce((a, b) => (b > a ? b : a), -Infinity) - blockedBelow;
    for (let key = 0; key < keys; key++) {
      const score = scores[key] ?? 0;
      const own = plain?.[row + key] ?? Infinity;
      const isOwn = own <= score + blockedBelow || (score === -Infinity && own < lowestHalf);
      blocked[row + key] = (score < limit || score < emptyBelow) && !isOwn ? 1 : 0;
    }
  }
  return blocked;
}

/**
 * The mask that an unpadded run shows, over all heads; undefined for one that is neither causal nor a
 * window nor absent.
 * @param maskedScores `[batch, heads, queries, keys]`
 * @param plain the same before the mask, where it is known
 */
export function maskKind(maskedScores: Tensor, plain?: ArrayLike<number>): MaskKind | undefined {
  const [, , queries = 0, keys = 0] = maskedScores.dims;
  const blocked = blockedPairs(maskedScores, plain);
  const isBlocked = (query: number, key: number) => {
    for (let start = 0; start < blocked.length; start += queries * keys) {
      if (!blocked[start + query * keys + key]) return false;
    }
    return true;
  };
  let before = 0;
  let after = -Infinity;
  for (let query = 0; query < queries; query++) {
    for (let key = 0; key < keys; key++) {
      if (isBlocked(query, key)) continue;
      before = Math.max(before, query - key);
      after = Math.max(after, key - query);
    }
  }
  for (let query = 0; query < queries; query++) {
    for (let key = 0; key < keys; key++) {
      const isInside = key >= query - before && key <= query + after;
      if (isInside === isBlocked(query, key)) return undefined;
    }
  }
  const seesFirst = before >= queries - 1;
  if (seesFirst && after === -1) return { kind: 'causal', excludesSelf: true };
  if (after < 0) return undefined;
  if (seesFirst && after >= keys - 1) return { kind: 'bidirectional' };
  if (seesFirst && after === 0) return { kind: 'causal' };
  return { kind: 'window', before, after };
}
