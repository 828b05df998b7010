import { isGenerated } from '../../../protocol/continuation';
import type { Phrase } from '../../sentence';
import type { State } from '../../state';
import { tokenStory } from '../../tokenization/story';
import { shownTrace, textToken, tracedToken } from '../../traces';

/** How the token at the locus came to be; empty while its trace is on its way. */
export function tokensSentence(state: State): readonly Phrase[] {
  const { capture } = state;
  const traced = shownTrace(state);
  if (!traced || !capture) return [];
  const token = textToken(state);
  if (token !== null && capture.model.stacks.length === 1 && isGenerated(capture, token)) {
    return ['This token was generated: it follows the text, and no tokenizer made it.'];
  }
  const index = tracedToken(state);
  if (index !== null) return tokenStory(traced, index);
  return [
    traced.trace.tokens.length === 0
      ? 'The tokenizer makes no token of this text.'
      : 'This token lies beyond the part of the text that is shown stage by stage.',
  ];
}
