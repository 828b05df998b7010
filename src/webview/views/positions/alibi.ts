import { siteAt } from '../../reading/capture';
import type { State } from '../../app/state';
import { alibiSlopes } from './formulaMath';
import { ownScheme } from './wanted';

/** Penalties that grow with the distance, one slope a head. */
export interface Slopes {
  readonly isOwn: boolean;
  /** `[heads]` */
  readonly slopes: Float32Array;
}

const references = new Map<number, Slopes>();
const owned = new WeakMap<object, Slopes>();

/** The model's slopes, or the published ones for as many heads; null without a run. */
export function slopesShown(state: State): Slopes | null {
  const { capture, locus } = state;
  if (!capture || !locus) return null;
  const own = ownScheme(state, 'alibi');
  if (own) {
    const made = owned.get(own) ?? { isOwn: true, slopes: own.slopes };
    owned.set(own, made);
    return made;
  }
  const heads = siteAt(capture, locus.block, locus.layer)?.heads ?? 1;
  const reference = references.get(heads) ?? { isOwn: false, slopes: alibiSlopes(heads) };
  references.set(heads, reference);
  return reference;
}

/** What a head adds to the score of a key this far away; −0 is 0. */
export const penalty = (slope: number, distance: number): number =>
  distance === 0 ? 0 : -slope * Math.abs(distance);

/** The lowest value of the chart: what the steepest head adds at `distance`, but not below −16. */
export const lowest = ({ slopes }: Slopes, distance: number): number =>
  Math.max(
    -16,
    slopes.reduce((least, slope) => Math.min(least, penalty(slope, distance)), -1e-6),
  );

/** A slope as a fraction where it is one of a power of two: `1/32`; else its decimals. */
export function slopeText(slope: number): string {
  const inverse = 1 / slope;
  const isWhole = Math.abs(inverse - Math.round(inverse)) < 1e-4 * inverse;
  return isWhole && inverse > 1 ? `1/${Math.round(inverse)}` : slope.toPrecision(3);
}
