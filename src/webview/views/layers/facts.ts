import type { Lens } from '../../../protocol/layers';
import type { Stack } from '../../../protocol/model';
import { missingLayers, missingWords } from '../../reading/missingLayers';
import type { State } from '../../app/state';

/** Tokens of one lens call. */
export const CHUNK = 64;

/** A state in few letters: `Emb`, then `L0` for what layer 0 wrote. */
export const stateName = (state: number): string => (state === 0 ? 'Emb' : `L${state - 1}`);

/** A state in a sentence: `at the embeddings`, `after layer 0`. */
export const stateWords = (state: number): string =>
  state === 0 ? 'at the embeddings' : `after layer ${state - 1}`;

/** For each state of a stack, why the attention of the layer that wrote it is not on show, or null. */
export function missingStates({ capture }: State, stack: Stack, states: number): (string | null)[] {
  const missing = capture ? missingLayers(capture, { stack, kind: 'self' }) : [];
  const reasons = new Map(missing.map(one => [one.layer + 1, missingWords(one)]));
  return Array.from({ length: states }, (_, state) => reasons.get(state) ?? null);
}

/** The state that the view looks at: what the locus's layer wrote, or the embeddings once chosen. */
export function shownState({ layers: { chosen }, locus }: State): number {
  const layer = locus?.layer ?? 0;
  return chosen?.layer === layer ? chosen.state : layer + 1;
}

/** One token of a lens. */
export interface LensColumn {
  readonly lens: Lens;
  /** Within the lens. */
  readonly column: number;
}

/** The predictions of a token; null while they are not there, or where it was left out. */
export function lensColumn({ layers }: State, token: number): LensColumn | null {
  const lens = layers.lenses?.chunks.get(Math.floor(token / CHUNK) * CHUNK);
  const column = token - (lens?.from ?? 0);
  return lens && column < lens.count ? { lens, column } : null;
}

/** One entry of the most probable ones of a cell. */
export interface Guess {
  readonly id: number;
  readonly text: string;
  readonly probability: number;
}

/** The most probable entries of a state, first the likeliest; empty where the token was left out. */
export function guesses({ lens, column }: LensColumn, state: number): Guess[] {
  if (state < 0 || state >= lens.states) return [];
  const from = (state * lens.count + column) * lens.best;
  return Array.from({ length: lens.best }, (_, rank) => {
    const id = lens.ids[from + rank] ?? -1;
    return { id, text: textOf(lens, id), probability: lens.probabilities[from + rank] ?? NaN };
  }).filter(({ id }) => id >= 0);
}

/** How people read a vocabulary entry. */
export const textOf = (lens: Lens, id: number): string => lens.texts[id] ?? `#${id}`;

/** What really stands there; null where nothing does. */
export function expectation({ lens, column }: LensColumn): Omit<Guess, 'probability'> | null {
  const id = lens.expectedIds[column] ?? -1;
  return id < 0 ? null : { id, text: textOf(lens, id) };
}

/** Probability of what really stands there in a state; NaN where nothing does. */
export const expectedAt = ({ lens, column }: LensColumn, state: number): number =>
  lens.expected[state * lens.count + column] ?? NaN;

/** The first state from which the most probable entry stays what it is in the last one; null where left out. */
export function settledState(place: LensColumn): number | null {
  const { lens } = place;
  const top = (state: number): number =>
    lens.ids[(state * lens.count + place.column) * lens.best] ?? -1;
  const final = top(lens.states - 1);
  if (final < 0) return null;
  let state = lens.states - 1;
  while (state > 0 && top(state - 1) === final) state--;
  return state;
}

/**
 * How a guess's probability moved from the state before: exact where the guess is among the most
 * probable there, else at least what it has beyond the least of them; null for the embeddings.
 */
export function changeOf(
  place: LensColumn,
  state: number,
  guess: Guess,
): { readonly change: number; readonly isAtLeast: boolean } | null {
  const before = guesses(place, state - 1);
  if (before.length === 0) return null;
  const same = before.find(({ id }) => id === guess.id);
  const known = same ?? before.at(-1);
  if (!known) return null;
  return { change: guess.probability - known.probability, isAtLeast: same === undefined };
}
