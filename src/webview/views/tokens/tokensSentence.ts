import { isGenerated } from '../../../protocol/continuation';
import type { Panel } from '../../panel';
import { tokenStory } from '../../tokenization/story';
import { shownTrace, textToken, tracedToken } from '../../traces';
import { createSentenceBand } from '../sentenceBand';

/** The sentence that says how the token at the locus came to be. */
export function createTokensSentence({ store }: Panel): HTMLElement {
  const band = createSentenceBand();
  store.select(
    state => [state.capture, state.locus, state.trace],
    capture => {
      const traced = shownTrace(store.state);
      const index = tracedToken(store.state);
      if (!traced || !capture) return;
      const token = textToken(store.state);
      if (token !== null && capture.model.stacks.length === 1 && isGenerated(capture, token)) {
        band.say(['This token was generated: it follows the text, and no tokenizer made it.']);
      } else {
        band.say(index === null ? [beyond(traced.trace.tokens.length)] : tokenStory(traced, index));
      }
    },
  );
  return band.element;
}

const beyond = (traced: number): string =>
  traced === 0
    ? 'The tokenizer makes no token of this text.'
    : 'This token lies beyond the part of the text that is shown stage by stage.';
