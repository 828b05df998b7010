import type { ScoredRows } from '../../../src/inspector/attention/scoreKernel';
import { scoreBlock } from '../../../src/protocol/scoreBlock';
import { overlap, spanOf, visibleTo, type HeadScores } from '../../../src/protocol/tileKernel';
import type { KeySpan } from '../../../src/protocol/tiles';

/** What the runtime computes for the inspector, for pages of tests, which have no runtime. */
export function scoreRows(
  head: HeadScores,
  queries: readonly number[],
  span: KeySpan = visibleTo(head, queries),
): Promise<ScoredRows> {
  const width = span.end - span.first;
  const scores = new Float32Array(queries.length * width);
  if (scores.length > 0) {
    scoreBlock(head.query, head.key, head.scale, { queries, ...span }, scores);
  }
  const seen = queries.map((query, i) => {
    const { first, end } = overlap(spanOf(head, query), span);
    const start = i * width - span.first;
    return scores.subarray(start + first, start + end);
  });
  const largest = Float32Array.from(seen, row => row.reduce((a, b) => Math.max(a, b), -Infinity));
  const logSumExp = Float32Array.from(seen, (row, i) => {
    const most = largest[i] ?? 0;
    return row.length === 0
      ? -Infinity
      : most + Math.log(row.reduce((sum, score) => sum + Math.exp(score - most), 0));
  });
  return Promise.resolve({ span, scores, largest, logSumExp });
}
