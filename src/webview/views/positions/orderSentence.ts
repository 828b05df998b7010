import type { OrderEffect } from '../../../protocol/positions';
import { counted, percent } from '../../reading/format';
import { outputStack } from '../../app/output';
import type { Phrase } from '../../app/sentence';
import type { State } from '../../app/state';
import { nameIn } from '../../reading/tokenText';
import { found } from './found';
import type { OrderSide } from './wanted';

/** Less than this is what rounding leaves. */
export const NOTHING = 1e-4;

/** The head whose weights moved most; null where none has any. */
export function mostMoved({
  moved,
  heads,
}: OrderEffect): { readonly layer: number; readonly head: number; readonly share: number } | null {
  const best = moved.reduce(
    (most, share, i) => (share > (moved[most] ?? -1) || Number.isNaN(moved[most]) ? i : most),
    0,
  );
  const share = moved[best] ?? NaN;
  if (Number.isNaN(share)) return null;
  return { layer: Math.floor(best / heads), head: best % heads, share };
}

/** Mean over the numbers that are numbers. */
function mean(values: Float32Array): number {
  const known = values.filter(value => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
}

/** What another order did: how much weight moved, in which head most, and what became of the output. */
export function orderSentence(state: State, side: OrderSide): Phrase[] {
  const effect = found(state, `${side}Effect`);
  if (!effect) return [];
  const most = mostMoved(effect);
  const average = mean(effect.moved);
  if (!most || most.share < NOTHING) return [...sameWeights(), ...output(state, effect)];
  return [
    `${percent(average)} of a token’s weight moves on average, most in layer ${most.layer}, head ${most.head} (${percent(most.share)}).`,
    ...output(state, effect),
  ];
}

const sameWeights = (): Phrase[] => ['No weight moves: every token attends to the same tokens.'];

function output(state: State, { kl, flipped }: OrderEffect): Phrase[] {
  const { capture } = state;
  if (!kl || !flipped || !capture) return [' The model has no output to compare.'];
  const tokens = capture.tokens[outputStack(capture)] ?? [];
  const flips = flipped.reduce((sum, one) => sum + one, 0);
  const far = kl.reduce((best, value, i) => (value > (kl[best] ?? 0) ? i : best), 0);
  const largest = kl[far] ?? 0;
  if (flips === 0 && largest < NOTHING) return [' The output stays the same at every token.'];
  return [
    ` The most probable token is another one at ${flips} of ${counted(kl.length, 'token')}; the output moves most at `,
    { token: nameIn(tokens, far, 16), part: '' },
    ` (KL ${largest.toFixed(2)} nats).`,
  ];
}
