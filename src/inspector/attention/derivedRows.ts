import { scoreBlock } from '../../protocol/scoreBlock';
import {
  keysOf,
  overlap,
  raiseMaxima,
  spanOf,
  visibleTo,
  type CellSpan,
  type HeadScores,
} from '../../protocol/tileKernel';
import type { KeySpan } from '../../protocol/tiles';
import type { LogRows, RowMaxima } from './logRows';

/**
 * Rows whose weights follow from query and key. What turns a row's scores into weights is kept once
 * it was computed; the scores themselves are in memory for `ROWS_AT_ONCE` queries at most.
 */
export class DerivedRows implements LogRows {
  /** log Σ exp(score) of the keys that each query sees `[queries]`; −∞ where it sees none. */
  readonly logSumExp: Float32Array;
  /** Largest of those scores `[queries]`. */
  readonly largest: Float32Array;
  private readonly known: Uint8Array;
  private scores = new Float32Array(0);

  constructor(private readonly head: HeadScores) {
    this.logSumExp = new Float32Array(head.queries);
    this.largest = new Float32Array(head.queries);
    this.known = new Uint8Array(head.queries);
  }

  get queries(): number {
    return this.head.queries;
  }

  get keys(): number {
    return this.head.keys;
  }

  /** Makes sure that the statistics of these queries, at most `ROWS_AT_ONCE`, are known. */
  measure(queries: readonly number[]): void {
    const unknown = queries.filter(query => this.known[query] !== 1);
    if (unknown.length === 0) return;
    const span = visibleTo(this.head, unknown);
    this.score(unknown, span);
    this.measureScored(unknown, span);
  }

  maxima(queries: readonly number[], cells: CellSpan): Promise<RowMaxima> {
    const isKnown = queries.every(query => this.known[query] === 1);
    const visible = visibleTo(this.head, queries);
    const span = isKnown ? overlap(visible, keysOf(cells, this.keys)) : visible;
    this.score(queries, span);
    if (!isKnown) this.measureScored(queries, span);
    const logWeights = new Float32Array(queries.length * cells.cells).fill(-Infinity);
    const width = span.end - span.first;
    queries.forEach((query, i) => {
      const seen = overlap(spanOf(this.head, query), span);
      const line = this.scores.subarray(i * width, (i + 1) * width);
      const target = logWeights.subarray(i * cells.cells, (i + 1) * cells.cells);
      raiseMaxima(line, span.first, seen, cells, this.logSumExp[query] ?? 0, target);
    });
    const largest = Float32Array.from(
      queries,
      query => (this.largest[query] ?? 0) - (this.logSumExp[query] ?? 0),
    );
    return Promise.resolve({ logWeights, largest });
  }

  private score(queries: readonly number[], { first, end }: KeySpan): void {
    const size = queries.length * (end - first);
    if (this.scores.length < size) this.scores = new Float32Array(size);
    if (size === 0) return;
    const { query, key, scale } = this.head;
    scoreBlock(query, key, scale, { queries, first, end }, this.scores);
  }

  /** Statistics of queries whose scores over `span`, all that they see, are in memory. */
  private measureScored(queries: readonly number[], span: KeySpan): void {
    const width = span.end - span.first;
    queries.forEach((query, i) => {
      const seen = overlap(spanOf(this.head, query), span);
      const from = i * width - span.first;
      const row = this.scores.subarray(from + seen.first, from + seen.end);
      const { logSumExp, largest } = statisticsOf(row);
      this.logSumExp[query] = logSumExp;
      this.largest[query] = largest;
      this.known[query] = 1;
    });
  }
}

/** log Σ exp of scores, with the largest one subtracted so that nothing overflows, and that one. */
function statisticsOf(scores: Float32Array): { logSumExp: number; largest: number } {
  let largest = -Infinity;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] ?? 0;
    if (score > largest) largest = score;
  }
  if (largest === -Infinity) return { logSumExp: scores.length > 0 ? NaN : -Infinity, largest };
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += Math.exp((scores[i] ?? 0) - largest);
  return { logSumExp: largest + Math.log(sum), largest };
}
