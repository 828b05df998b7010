import { changed } from '../app/interventions/wanted';
import { outputStack } from '../app/output';
import type { State } from '../app/state';
import type { Token } from '../../protocol/tokens';
import { label } from '../reading/tokenText';
import type { KlToken } from '../shell/klStrip';

/** How far the output moved at a token of the run. */
export interface TokenChange extends KlToken {
  readonly token: Token;
}

/** How far the output moved at each token; null while that is not known. */
export function tokenChanges(state: State): readonly TokenChange[] | null {
  const { capture } = state;
  const divergence = changed(state, 'divergence');
  if (!capture || !divergence) return null;
  return (capture.tokens[outputStack(capture)] ?? []).map((token, i) => ({
    token,
    index: token.index,
    name: label(token, 16),
    isSpecial: token.special,
    kl: divergence.kl[i - divergence.offsetAfter] ?? 0,
    isFlipped: divergence.flipped[i - divergence.offsetAfter] === 1,
  }));
}
