import type { State } from '../../app/state';
import { cosines, rotaryCosines } from './formulaMath';
import { ownScheme } from './wanted';
import { positionPlace } from './positionPlace';
import { tableWindow, type TableWindow } from './tables';

/** Cosines between positions, all with all. */
export interface Similarity {
  readonly name: 'learned' | 'sinusoidal' | 'rotary';
  readonly isOwn: boolean;
  readonly first: number;
  readonly rows: number;
  /** `[rows, rows]` */
  readonly values: Float32Array;
}

/** Positions that are compared at most. */
const MOST_ROWS = 128;

const known = new WeakMap<object, Similarity>();
const rotaries = new WeakMap<object, Map<string, Similarity>>();

/** What there is to compare: the model's own scheme first, then the sinusoidal formula. */
export function similarities(state: State): Similarity[] {
  const tables = (['learned', 'sinusoidal'] as const).flatMap(kind => {
    const window = tableWindow(state, kind);
    return window ? [ofTable(window)] : [];
  });
  const rotary = ofRotation(state);
  return [...(rotary ? [rotary] : []), ...tables].sort((a, b) => Number(b.isOwn) - Number(a.isOwn));
}

function ofTable(window: TableWindow): Similarity {
  const before = known.get(window);
  if (before) return before;
  const rows = Math.min(MOST_ROWS, window.rows);
  const made = {
    name: window.kind,
    isOwn: window.isOwn,
    first: window.first,
    rows,
    values: cosines(window.values, rows, window.dims),
  };
  known.set(window, made);
  return made;
}

/** Rotations have no vectors of positions: their angles have a mean cosine at each distance. */
function ofRotation(state: State): Similarity | null {
  const scheme = ownScheme(state, 'rotary');
  const window = tableWindow(state, 'sinusoidal');
  if (!scheme || !window) return null;
  const { first } = window;
  const rows = Math.min(MOST_ROWS, window.rows);
  const id = `${first} ${rows}`;
  const made = rotaries.get(scheme) ?? new Map<string, Similarity>();
  rotaries.set(scheme, made);
  const similarity = made.get(id) ?? {
    name: 'rotary',
    isOwn: true,
    first,
    rows,
    values: rotaryCosines(scheme.frequencies, rows),
  };
  made.set(id, similarity);
  return similarity;
}

/** Row of the query in a similarity; null where it is not among the positions on show. */
export function rowOfQuery(state: State, { first, rows }: Similarity): number | null {
  const query = positionPlace(state)?.query ?? -1;
  return query >= first && query < first + rows ? query - first : null;
}
