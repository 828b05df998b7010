import type { State } from '../state';
import { compared } from './comparisons';
import { outputStack } from './wanted';
import { nameIn } from '../tokenText';

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
