import { shownRow } from '../../addresses';
import { el, fill, tokenSpan } from '../../dom';
import type { Panel } from '../../panel';
import { attentionSentence, plainText } from '../../sentence';

/** Screen readers hear the sentence once the locus has rested this long. */
const SETTLED_MS = 300;

/** The sentence that opens the view, and its copy for screen readers. */
export function createSentence({ store }: Panel): HTMLElement {
  const shown = el('p', { class: 'sentence' });
  const spoken = el('div', {
    class: 'visually-hidden',
    attributes: { role: 'status', 'aria-live': 'polite' },
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  store.select(
    state => [state.capture, state.locus, state.row],
    (capture, locus) => {
      const row = shownRow(store.state, locus?.query);
      if (!capture || !locus || !row) return;
      const phrases = attentionSentence(capture, locus, row);
      fill(
        shown,
        ...phrases.map(one => (typeof one === 'string' ? one : tokenSpan(one.token, one.part))),
      );
      clearTimeout(timer);
      timer = setTimeout(() => (spoken.textContent = plainText(phrases)), SETTLED_MS);
    },
  );
  return el('div', { class: 'sentence-band' }, shown, spoken);
}
