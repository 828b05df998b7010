import { maskOf } from '../../../protocol/change';
import { BLOCKED, codeWeight } from '../../../protocol/weightCode';
import type { State } from '../../app/state';
import { nameIn } from '../../reading/tokenText';
import { compared } from './wanted';
import { placeOf, type Side } from './runPlaces';
import { outputStack } from '../../app/output';

/** Less weight than this is what a mask leaves. */
const NOTHING = 1e-6;

/** What a run with hidden padding does with the padding, in the map on show. */
export interface HiddenPadding {
  /** Weight that the query at the locus gives the padding; NaN while it is not known. */
  readonly weight: number;
  /** The token of the main run that gives it most, and how much. */
  readonly most: { readonly query: number; readonly weight: number };
  /** Some weight goes where the mask lets none go. */
  readonly isIgnored: boolean;
  /** Where the output moves most; null while it is not known, or where there is none. */
  readonly output: OutputMove | null;
}

/**
 * Whether the model obeys the mask that hides the padding of the changed run; null where that run has
 * none, or its map is not known.
 */
export function hiddenPadding(state: State): HiddenPadding | null {
  const main = placeOf(state, 'main');
  const changed = placeOf(state, 'changed');
  const map = compared(state, 'changedMap');
  const change = changed && maskOf(changed.capture);
  if (!main || !changed || !map || change?.kind !== 'padding' || change.unmasked) return null;
  const padding = paddingKeys(changed.keys);
  if (padding.length === 0) return null;
  let most = { query: 0, weight: 0 };
  main.queries.tokens.forEach((_, query) => {
    const row = changed.queries.of(query);
    if (row === null) return;
    const weight = padding.reduce(
      (sum, key) => sum + codeWeight(map.codes[row * map.keys + key] ?? BLOCKED),
      0,
    );
    if (weight > most.weight) most = { query, weight };
  });
  const weights = compared(state, 'changedRow')?.weights;
  const weight = weights ? padding.reduce((sum, key) => sum + (weights[key] ?? 0), 0) : NaN;
  return { weight, most, isIgnored: most.weight > NOTHING, output: divergedMost(state) };
}

/** Keys of the changed run that stand for none of the main run. */
export const paddingKeys = (keys: Side): number[] =>
  [...keys.tokens.keys()].filter(key => keys.back(key) === null);

/** How far the output of the changed run moved, where it moved most. */
export interface OutputMove {
  /** KL divergence in nats. */
  readonly nats: number;
  /** Name of the token. */
  readonly name: string;
}

/** Where the changed run's output moved most; null while it is not known. */
export function divergedMost(state: State): OutputMove | null {
  const divergence = compared(state, 'divergence');
  if (!divergence || !state.capture) return null;
  const { kl, offsetBefore } = divergence;
  // Outputs that are no numbers have no distance.
  if (kl.length === 0 || kl.some(value => !Number.isFinite(value))) return null;
  const at = kl.reduce((best, value, i) => (value > (kl[best] ?? 0) ? i : best), 0);
  const tokens = state.capture.tokens[outputStack(state.capture)] ?? [];
  return { nats: kl[at] ?? NaN, name: nameIn(tokens, at + offsetBefore) };
}
