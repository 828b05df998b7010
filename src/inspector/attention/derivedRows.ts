import {
  keysOf,
  overlap,
  raiseMaxima,
  spanOf,
  visibleTo,
  type CellSpan,
  type HeadScores,
} from '../../protocol/tileKernel';
import type { LogRows, RowMaxima } from './logRows';
import { scoreRows, type ScoredRows } from './scoreKernel';

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
  async measure(queries: readonly number[]): Promise<void> {
    const unknown = queries.filter(query => this.known[query] !== 1);
    if (unknown.length > 0) this.keep(unknown, await scoreRows(this.head, unknown));
  }

  async maxima(queries: readonly number[], cells: CellSpan): Promise<RowMaxima> {
    const isKnown = queries.every(query => this.known[query] === 1);
    const visible = visibleTo(this.head, queries);
    const span = isKnown ? overlap(visible, keysOf(cells, this.keys)) : visible;
    const scored = await scoreRows(this.head, queries, span);
    if (!isKnown) this.keep(queries, scored);
    const logWeights = new Float32Array(queries.length * cells.cells).fill(-Infinity);
    const width = span.end - span.first;
    queries.forEach((query, i) => {
      const seen = overlap(spanOf(this.head, query), span);
      const line = scored.scores.subarray(i * width, (i + 1) * width);
      const target = logWeights.subarray(i * cells.cells, (i + 1) * cells.cells);
      raiseMaxima(line, span.first, seen, cells, this.logSumExp[query] ?? 0, target);
    });
    const largest = Float32Array.from(
      queries,
      query => (this.largest[query] ?? 0) - (this.logSumExp[query] ?? 0),
    );
    return { logWeights, largest };
  }

  /** Keeps the statistics of queries that were scored over all that they see. */
  private keep(queries: readonly number[], { largest, logSumExp }: ScoredRows): void {
    queries.forEach((query, i) => {
      this.logSumExp[query] = logSumExp[i] ?? NaN;
      this.largest[query] = largest[i] ?? NaN;
      this.known[query] = 1;
    });
  }
}
