import type { WordTrace } from '../../../protocol/tokenTrace';
import { textStack } from '../../reading/capture';
import { el, fill, tokenSpan } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { hexBytes } from './facts';
import { wordPlace } from '../../reading/tokenLookup';
import { modelName } from './stages';
import { label, shorten, visible } from '../../reading/tokenText';
import { shownTrace, textToken, tracedToken } from './traces';
import { drawBpe, drawUnigram, drawWordPiece } from './wordSteps';
import { factList, tokenFacts } from './tokenFacts';

/** The token at the locus: what is known about it, and step by step how the model came to it. */
export function createWordPane({ store }: Panel): HTMLElement {
  const title = el('h2');
  const facts = el('div');
  const heading = el('h3');
  const steps = el('div');
  const section = el('div.section.word-steps', heading, steps);
  const element = el(
    'aside.pane.side-pane.word-pane',
    { attributes: { 'aria-label': 'Token' } },
    el('div.pane-head', title),
    facts,
    section,
  );
  store.select(
    state => [state.capture, state.locus, state.trace],
    capture => {
      const { state } = store;
      const index = textToken(state);
      const tokens = capture?.tokens[textStack(capture)];
      if (!capture || !tokens || index === null) return;
      fill(title, 'Token ', tokenSpan(label(tokens[index])));
      const traced = shownTrace(state);
      fill(facts, factList(tokenFacts(tokens, index, capture.text, traced)));
      const at = tracedToken(state);
      const place = traced && at !== null ? wordPlace(traced.trace, at) : null;
      section.hidden = !place;
      if (!place) return;
      const { word } = place;
      heading.textContent = modelName([word]) || 'Steps';
      heading.append(' on ', tokenSpan(shorten(visible(word.word.text), 40)));
      fill(steps, ...drawSteps(word));
    },
  );
  return element;
}

function drawSteps(word: WordTrace): HTMLElement[] {
  const { steps, bytes } = word;
  const note = (text: string): HTMLElement => el('p.step-note', { text });
  const drawn = bytes ? [el('p.step-note', 'Bytes of the word ', tokenSpan(hexBytes(bytes)))] : [];
  switch (steps.kind) {
    case 'BPE':
      return [...drawn, ...drawBpe(steps)];
    case 'WordPiece':
      return [...drawn, ...drawWordPiece(steps)];
    case 'Unigram':
      return [...drawn, ...drawUnigram(steps, word.word.text)];
    case 'WordLevel':
      return [
        note(steps.known ? 'The vocabulary has the word.' : 'The vocabulary lacks the word.'),
      ];
    case 'omitted':
      return [note('The word is too long for its steps to be listed.')];
  }
}
