import type { MaskKind } from './model';
import { scoreBlock, type HeadVectors } from './scoreBlock';
import { visibleSpan, type KeySpan } from './tiles';
import { BLOCKED, logWeightCode } from './weightCode';

/** One head whose weights follow from query and key alone. */
export interface HeadScores {
  readonly query: HeadVectors;
  readonly key: HeadVectors;
  readonly queries: number;
  readonly keys: number;
  readonly scale: number;
  readonly mask: MaskKind;
}

/** Cells across: each is the maximum of `step` keys, the first one begins at `first`. */
export interface CellSpan {
  readonly first: number;
  readonly cells: number;
  readonly step: number;
}

/** Rows of a tile: which queries, how many of them make a row of cells, and what turns score into log weight. */
export interface TileRows {
  readonly queries: ArrayLike<number>;
  readonly perCell: number;
  /** log Σ exp of each query's row, or its largest score for weights relative to it `[queries]`. */
  readonly offsets: ArrayLike<number>;
}

/** Queries whose scores are in memory at one time. */
export const ROWS_AT_ONCE = 32;
/** Stands for NaN among log weights: allowed, but nothing to show. */
const LOWEST = -1e30;

/** The keys that any of these queries sees. */
export function visibleTo(head: HeadScores, queries: ArrayLike<number>): KeySpan {
  let [first, end] = [head.keys, 0];
  for (let i = 0; i < queries.length; i++) {
    const span = spanOf(head, queries[i] ?? 0);
    first = Math.min(first, span.first);
    end = Math.max(end, span.end);
  }
  return first < end ? { first, end } : { first: 0, end: 0 };
}

/** The keys that one query sees. */
export const spanOf = ({ mask, queries, keys }: HeadScores, query: number): KeySpan =>
  visibleSpan(mask, query + keys - queries, keys);

/**
 * Weight codes of a tile, straight from query and key: log weight = score − offset, so that no
 * exponential is computed. A cell is blocked only where the
 * mask blocks all of it.
 * @returns `[⌈queries / perCell⌉, cells]`
 */
export function tileCodes(head: HeadScores, rows: TileRows, cells: CellSpan): Uint8Array {
  const down = Math.ceil(rows.queries.length / rows.perCell);
  const maxima = new Float32Array(down * cells.cells).fill(-Infinity);
  const queries = Array.from(rows.queries);
  const wanted = keysOf(cells, head.keys);
  let scores = new Float32Array(0);
  for (let at = 0; at < queries.length; at += ROWS_AT_ONCE) {
    const some = queries.slice(at, at + ROWS_AT_ONCE);
    const { first, end } = overlap(visibleTo(head, some), wanted);
    if (first >= end) continue;
    const size = some.length * (end - first);
    if (scores.length < size) scores = new Float32Array(size);
    scoreBlock(head.query, head.key, head.scale, { queries: some, first, end }, scores);
    some.forEach((query, i) => {
      const cellRow = Math.floor((at + i) / rows.perCell);
      const start = i * (end - first);
      const line = scores.subarray(start, start + end - first);
      const seen = overlap(spanOf(head, query), { first, end });
      const target = maxima.subarray(cellRow * cells.cells, (cellRow + 1) * cells.cells);
      raiseMaxima(line, first, seen, cells, rows.offsets[at + i] ?? 0, target);
    });
  }
  return codesOf(maxima);
}

/** The keys that a run of cells covers. */
export const keysOf = ({ first, cells, step }: CellSpan, keys: number): KeySpan => ({
  first,
  end: Math.min(keys, first + cells * step),
});

/** The keys in both spans; empty spans have no length. */
export function overlap(a: KeySpan, b: KeySpan): KeySpan {
  const first = Math.max(a.first, b.first);
  return { first, end: Math.max(first, Math.min(a.end, b.end)) };
}

/**
 * Raises each cell to the largest score − offset of the keys that it covers.
 * @param scores of the keys from `firstKey` on
 * @param seen keys that the query sees; the others leave their cells as they are
 */
export function raiseMaxima(
  scores: Float32Array,
  firstKey: number,
  seen: KeySpan,
  { first, cells, step }: CellSpan,
  offset: number,
  maxima: Float32Array,
): void {
  const from = Math.max(seen.first, first);
  const end = Math.min(seen.end, first + cells * step);
  for (let key = from; key < end;) {
    const cell = Math.floor((key - first) / step);
    const cellEnd = Math.min(end, first + (cell + 1) * step);
    let most = maxima[cell] ?? LOWEST;
    for (; key < cellEnd; key++) {
      const value = (scores[key - firstKey] ?? 0) - offset;
      if (value > most) most = value;
    }
    maxima[cell] = most > LOWEST ? most : LOWEST;
  }
}

/** Codes of log weights; −∞ stands for blocked. */
export function codesOf(logWeights: Float32Array): Uint8Array {
  const codes = new Uint8Array(logWeights.length);
  for (let i = 0; i < codes.length; i++) {
    const value = logWeights[i] ?? -Infinity;
    codes[i] = value === -Infinity ? BLOCKED : logWeightCode(value);
  }
  return codes;
}
