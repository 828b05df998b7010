import { el, fill } from '../../dom';
import type { Panel } from '../../panel';
import { plainText } from '../../sentence';
import { tokenStory } from '../../tokenization/story';
import { shownTrace, tracedToken } from '../../traces';
import { drawn } from './tokenFacts';

/** Screen readers hear the sentence once the locus has rested this long. */
const SETTLED_MS = 300;

/** The sentence that says how the token at the locus came to be. */
export function createTokensSentence({ store }: Panel): HTMLElement {
  const shown = el('p', { class: 'sentence' });
  const spoken = el('div', {
    class: 'visually-hidden',
    attributes: { role: 'status', 'aria-live': 'polite' },
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  store.select(
    state => [state.capture, state.locus, state.trace],
    () => {
      const { state } = store;
      const traced = shownTrace(state);
      const index = tracedToken(state);
      if (!traced) return;
      const phrases =
        index === null ? [beyond(traced.trace.tokens.length)] : tokenStory(traced, index);
      fill(shown, ...drawn(phrases));
      clearTimeout(timer);
      timer = setTimeout(() => (spoken.textContent = plainText(phrases)), SETTLED_MS);
    },
  );
  return el('div', { class: 'sentence-band' }, shown, spoken);
}

const beyond = (traced: number): string =>
  traced === 0
    ? 'The tokenizer makes no token of this text.'
    : 'This token lies beyond the part of the text that is shown stage by stage.';
