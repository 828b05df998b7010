import type { DistanceScores } from '../../protocol/positions';
import { isBlocked } from '../attention/masks';
import { capped } from '../attention/rowSteps';
import { scoreRow } from '../attention/scores';
import type { Capture } from '../capture/capture';
import { readRows } from '../capture/readRows';
import type { SiteCapture } from '../model/run';
import { breaths } from '../runtime/breathe';
import type { Tensor } from '../runtime/tensor';

/** Queries and keys whose products have no position part, in the layout of the capture's own. */
export interface Plain {
  readonly query: Tensor;
  readonly key: Tensor;
}

/**
 * How the position part of the scores is known: what is added after q·k (`bias`; `alibi` where a
 * constant for each row does not count), or queries and keys without it.
 */
export type PositionPart = 'bias' | 'alibi' | Plain;

/** Mean scores of one head by distance key − query, of the pairs that the mask allows. */
export type HeadDistances = Pick<
  DistanceScores,
  'firstDistance' | 'withPosition' | 'withoutPosition' | 'pairs'
>;

/** Adds up the scores of a head by distance; of a long text those of some queries, evenly spread. */
export async function headDistances(
  capture: Capture,
  site: SiteCapture,
  head: number,
  part: PositionPart,
): Promise<HeadDistances> {
  const { query, key, site: facts } = site;
  const rows = await readRows(capture, site, head);
  const queries = query?.dims[2] ?? 0;
  const { keys } = rows;
  const distances = Math.max(0, queries + keys - 1);
  const firstDistance = 1 - queries;
  const sums = [new Float64Array(distances), new Float64Array(distances)] as const;
  const pairs = new Uint32Array(distances);
  const scores = new Float32Array(keys);
  const plain = new Float32Array(keys);
  const breathe = breaths();
  for (const [i, row] of rows.rows.entries()) {
    if (!query || !key) break;
    const masked = rows.maskedScores.subarray(i * keys, (i + 1) * keys);
    const at = { batch: 0, head, query: row };
    scoreRow(facts, query, key, at, scores);
    if (typeof part === 'object') scoreRow(facts, part.query, part.key, at, plain);
    const added = (column: number) =>
      (masked[column] ?? NaN) - capped(scores[column] ?? NaN, facts.softCap);
    // The softmax does not see a constant of a row.
    const own = part === 'alibi' && !isBlocked(masked[row] ?? NaN) ? added(row) : 0;
    for (let column = 0; column < keys; column++) {
      if (isBlocked(masked[column] ?? NaN)) continue;
      const distance = column - row - firstDistance;
      const score = scores[column] ?? NaN;
      const [withPosition, without] =
        typeof part === 'object'
          ? [score, plain[column] ?? NaN]
          : [score + added(column) - own, score];
      sums[0][distance] = (sums[0][distance] ?? 0) + withPosition;
      sums[1][distance] = (sums[1][distance] ?? 0) + without;
      pairs[distance] = (pairs[distance] ?? 0) + 1;
    }
    await breathe();
  }
  const means = (sum: Float64Array) =>
    Float32Array.from(sum, (value, i) => (pairs[i] ? value / (pairs[i] ?? 1) : NaN));
  return {
    firstDistance,
    withPosition: means(sums[0]),
    withoutPosition: means(sums[1]),
    pairs,
  };
}
