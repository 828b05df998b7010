import type { AttentionRow, LayerRows } from '../../protocol/capture';
import type { Units } from './units';

/** What one weight means within its row. */
export interface PairFacts {
  readonly weight: number;
  /** Absent for mean and maximum. */
  readonly score: number | undefined;
  readonly allowed: boolean;
  /** 1 for the largest weight of the row. */
  readonly rank: number;
  /** Keys that the query may see. */
  readonly visible: number;
  /** How many times the weight that each visible key would get in an even split. */
  readonly timesUniform: number;
}

const seenKeys = new WeakMap<AttentionRow, number>();

/** Keys that the query may see; counted once for each row. */
export function visibleKeys(row: AttentionRow): number {
  const known = seenKeys.get(row);
  if (known !== undefined) return known;
  const seen = row.allowed.reduce((sum, allowed) => sum + allowed, 0);
  seenKeys.set(row, seen);
  return seen;
}

/** Weight, score, rank and multiple of uniform of one key. */
export function pairFacts(row: AttentionRow, key: number): PairFacts {
  const weight = row.weights[key] ?? NaN;
  const visible = visibleKeys(row);
  let rank = 1;
  for (let i = 0; i < row.weights.length; i++) {
    if (row.allowed[i] === 1 && (row.weights[i] ?? 0) > weight) rank++;
  }
  return {
    weight,
    score: row.scores?.[key],
    allowed: row.allowed[key] === 1,
    rank,
    visible,
    timesUniform: weight * visible,
  };
}

/** Keys by weight, largest first; blocked ones are left out. */
export function rankedKeys(row: AttentionRow, limit = 10): number[] {
  const keys = Array.from(row.weights.keys()).filter(key => row.allowed[key] === 1);
  const weight = (key: number): number => row.weights[key] ?? 0;
  return keys.sort((a, b) => weight(b) - weight(a) || a - b).slice(0, limit);
}

/** The key with the largest weight; null in a row that is blocked from every key. */
export function strongestKey(row: AttentionRow): number | null {
  let best: number | null = null;
  let most = -Infinity;
  for (let key = 0; key < row.weights.length; key++) {
    if (row.allowed[key] !== 1) continue;
    const weight = row.weights[key] ?? NaN;
    if (best !== null && !(weight > most)) continue;
    best = key;
    most = Number.isNaN(weight) ? -Infinity : weight;
  }
  return best;
}

/** Entropy of a row in bits; a sink counts as one more key. */
export function entropyBits({ weights, sink = 0 }: Pick<AttentionRow, 'weights' | 'sink'>): number {
  const bitsOf = (p: number) => (p > 0 ? -p * Math.log2(p) : 0);
  return weights.reduce((bits, p) => bits + bitsOf(p), bitsOf(sink));
}

const tokenRows = new WeakMap<AttentionRow, AttentionRow>();

/** A row of words as one of tokens: each token has its word's numbers. The same object for the same row. */
export function tokenRow(row: AttentionRow, keys: Units): AttentionRow {
  const tokens = keys.length > 0 ? keys.end(keys.length - 1) : 0;
  if (row.weights.length === tokens || row.weights.length !== keys.length) return row;
  const known = tokenRows.get(row);
  if (known) return known;
  const weights = Float32Array.from({ length: tokens }, (_, i) => row.weights[keys.of(i)] ?? NaN);
  const allowed = Uint8Array.from({ length: tokens }, (_, i) => row.allowed[keys.of(i)] ?? 0);
  const { query, sink } = row;
  const made = { query, weights, ...(sink === undefined ? {} : { sink }), allowed };
  tokenRows.set(row, made);
  return made;
}

/** Each head's row of those that travelled together. */
export const rowsOfHeads = ({
  query,
  heads,
  keys,
  weights,
  sink,
  allowed,
}: LayerRows): AttentionRow[] =>
  Array.from({ length: heads }, (_, head) => ({
    query,
    weights: weights.subarray(head * keys, (head + 1) * keys),
    ...(sink ? { sink: sink[head] ?? NaN } : {}),
    allowed: allowed.subarray(head * keys, (head + 1) * keys),
  }));
