import { el, fill, tokenSpan } from '../dom';
import { plainText, type Phrase } from '../sentence';

/** Screen readers hear the sentence once the locus has rested this long. */
const SETTLED_MS = 300;

/** The band with the sentence that opens a view, and its copy for screen readers. */
export function createSentenceBand(): {
  readonly element: HTMLElement;
  say(phrases: readonly Phrase[]): void;
} {
  const shown = el('p', { class: 'sentence' });
  const spoken = el('div', {
    class: 'visually-hidden',
    attributes: { role: 'status', 'aria-live': 'polite' },
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    element: el('div', { class: 'sentence-band' }, shown, spoken),
    say: phrases => {
      fill(shown, ...drawn(phrases));
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (spoken.isConnected) spoken.textContent = plainText(phrases);
      }, SETTLED_MS);
    },
  };
}

/** Phrases as they are drawn. */
export const drawn = (phrases: readonly Phrase[]): (HTMLElement | string)[] =>
  phrases.map(one => (typeof one === 'string' ? one : tokenSpan(one.token, one.part)));
