import { el, fill, tokenSpan } from '../kit/dom';
import { plainText, type Phrase } from '../app/sentence';
import type { State } from '../app/state';
import type { Store } from '../app/store';

/** Screen readers hear the sentence once the locus has rested this long. */
const SETTLED_MS = 300;

/**
 * The band with the sentence that opens a view, and its copy for screen readers.
 * @param sentence what is to be said; empty for what was said before
 */
export function createSentence(
  store: Store<State>,
  sentence: (state: State) => readonly Phrase[],
): HTMLElement {
  const shown = el('p.sentence');
  const spoken = el('div.visually-hidden', { role: 'status', 'aria-live': 'polite' });
  let said = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  store.select(saidOf, () => {
    const phrases = sentence(store.state);
    const words = JSON.stringify(phrases);
    if (phrases.length === 0 || words === said) return;
    said = words;
    fill(shown, ...drawn(phrases));
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (spoken.isConnected) spoken.textContent = plainText(phrases);
    }, SETTLED_MS);
  });
  return el('div.sentence-band', shown, spoken);
}

/** What sentences are about: what people chose and what was found, not where they point. */
const saidOf = (state: State): readonly unknown[] => [
  state.capture,
  state.locus,
  state.step,
  state.options,
  state.answers,
  state.row,
  state.trace,
  state.sides,
  state.positions,
  state.layers,
  state.interventions,
  state.patching.run,
  state.patching.choice,
  state.divergence,
  state.findings,
];

/** Phrases as they are drawn. */
export const drawn = (phrases: readonly Phrase[]): (HTMLElement | string)[] =>
  phrases.map(one => {
    if (typeof one === 'string') return one;
    return 'strong' in one ? el('b', one.strong) : tokenSpan(one.token, one.part);
  });
