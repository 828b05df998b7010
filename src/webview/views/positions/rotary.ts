import type { PositionScheme } from '../../../protocol/positions';
import { siteAt } from '../../reading/capture';
import type { State } from '../../app/state';
import { BASE, frequencies, phase } from './formulaMath';
import { ownScheme } from './wanted';
import { positionPlace } from './positionPlace';

/** The rotation on show: the model's own, or the published one at the head's size. */
export interface Rotation extends Omit<Extract<PositionScheme, { kind: 'rotary' }>, 'kind'> {
  readonly isOwn: boolean;
}

/** Distances of the map: this many, or more where the locus is farther. */
const DISTANCES = 64;
const MOST_DISTANCES = 512;

const references = new Map<number, Rotation>();
const owned = new WeakMap<object, Rotation>();

/** How queries and keys are rotated; null without a run. */
export function rotation(state: State): Rotation | null {
  const { capture, locus } = state;
  if (!capture || !locus) return null;
  const own = ownScheme(state, 'rotary');
  if (own) {
    const made = owned.get(own) ?? { ...own, isOwn: true };
    owned.set(own, made);
    return made;
  }
  const headDim = siteAt(capture, locus.block, locus.layer)?.headDim ?? 2;
  const reference = references.get(headDim) ?? {
    isOwn: false,
    frequencies: frequencies(headDim),
    headDim,
    rotaryDim: headDim,
    base: BASE,
  };
  references.set(headDim, reference);
  return reference;
}

/** Distances that the map shows, from 0 up to, but without, this. */
export function distancesShown(state: State): number {
  const distance = Math.abs(positionPlace(state)?.offset ?? 0);
  const needed = Math.ceil((distance + 2) / DISTANCES) * DISTANCES;
  return Math.min(MOST_DISTANCES, Math.max(DISTANCES, needed)) + 1;
}

/** (1 − cos) / 2 of each pair's angle at each distance `[pairs, distances]`. */
export function phases({ frequencies: turns }: Rotation, distances: number): Float32Array {
  return Float32Array.from({ length: turns.length * distances }, (_, i) =>
    phase((turns[Math.floor(i / distances)] ?? 0) * (i % distances)),
  );
}

/** Pairs whose dials are drawn: spread evenly over all, at most `most` `[≤ most]`. */
export function dialPairs({ frequencies: turns }: Rotation, most: number): number[] {
  const count = Math.min(most, turns.length);
  if (count < 2) return turns.length > 0 ? [0] : [];
  return Array.from({ length: count }, (_, i) =>
    Math.round((i * (turns.length - 1)) / (count - 1)),
  );
}
