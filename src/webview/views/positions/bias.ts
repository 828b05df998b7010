import type { State } from '../../app/state';
import { t5Bucket } from './formulaMath';
import { ownScheme } from './wanted';
import { positionPlace } from './positionPlace';
import { farthest } from '../../draw/color/signedCodes';

/** Biases by head and distance, as they are on show. */
export interface BiasWindow {
  readonly heads: number;
  /** Distance key − query of the first column. */
  readonly first: number;
  readonly columns: number;
  /** `[heads, columns]`; NaN where the model never sees the distance. */
  readonly values: Float32Array;
  readonly limit: number;
  /** Columns at which another bucket begins. */
  readonly edges: readonly number[];
  readonly buckets?: number;
  readonly maxDistance?: number;
}

/** Distances on both sides: this many, or more where the locus is farther. */
const REACH = 40;
const STEP = 20;

/** How far the figures of distances reach on both sides of the query. */
export function reach(state: State): number {
  const distance = Math.abs(positionPlace(state)?.offset ?? 0);
  return distance < REACH ? REACH : (Math.floor(distance / STEP) + 1) * STEP;
}

/** The model's own biases around the query; null where it has none, or none that could be listed. */
export function biasWindow(state: State): BiasWindow | null {
  const scheme = ownScheme(state, 'relativeBias');
  if (!scheme) return null;
  const { heads, firstDistance, bias } = scheme;
  const all = Math.floor(bias.length / Math.max(1, heads));
  const around = reach(state);
  const first = Math.max(firstDistance, -around);
  const columns = Math.max(0, Math.min(firstDistance + all - 1, around) - first + 1);
  if (columns === 0) return null;
  const values = new Float32Array(heads * columns);
  for (let head = 0; head < heads; head++) {
    const start = head * all + first - firstDistance;
    values.set(bias.subarray(start, start + columns), head * columns);
  }
  const at = (head: number, column: number): number => values[head * columns + column] ?? NaN;
  const isEdge = (column: number): boolean =>
    Array.from({ length: heads }, (_, head) => head).some(head => {
      const [before, now] = [at(head, column - 1), at(head, column)];
      return before !== now && !(Number.isNaN(before) || Number.isNaN(now));
    });
  return {
    heads,
    first,
    columns,
    values,
    limit: farthest(bias),
    edges: Array.from({ length: Math.max(0, columns - 1) }, (_, i) => i + 1).filter(isEdge),
    ...(scheme.buckets === undefined ? {} : { buckets: scheme.buckets }),
    ...(scheme.maxDistance === undefined ? {} : { maxDistance: scheme.maxDistance }),
  };
}

/** T5's bucket of every distance from −`around` to `around`; the values that go with them are learned. */
export const bucketsAround = (around: number): number[] =>
  Array.from({ length: 2 * around + 1 }, (_, i) => t5Bucket(i - around));

/** Distances that share the bucket of one, as far as they are within `around`. */
export function bucketRange(
  offset: number,
  around: number,
): { readonly from: number; readonly to: number } {
  const bucket = t5Bucket(offset);
  const same = bucketsAround(around).flatMap((one, i) => (one === bucket ? [i - around] : []));
  return { from: same[0] ?? offset, to: same.at(-1) ?? offset };
}
