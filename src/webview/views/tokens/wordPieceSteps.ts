import type { WordPieceSteps } from '../../../protocol/tokenTrace';
import { el, tokenSpan } from '../../dom';
import { count } from '../../format';
import { shorten, visible } from '../../tokenText';

/** Candidates that are listed for each piece. */
const LISTED = 8;

/** The search for the longest piece, once for each piece of the word. */
export function drawWordPiece(steps: WordPieceSteps): HTMLElement[] {
  if (steps.isTooLong) {
    const text = 'The word has more characters than the tokenizer reads in one word.';
    return [el('p', { class: 'step-note', text })];
  }
  const list = el('ol', { class: 'steps' });
  for (const { from, missed, match } of steps.matches) {
    const tried = missed.slice(0, LISTED);
    const rest = missed.length - tried.length;
    list.append(
      el(
        'li',
        {},
        el('span', {
          class: 'step-number number',
          title: 'Character of the word at which the search begins',
          text: `at ${count(from)}`,
        }),
        el(
          'span',
          { class: 'step-symbols' },
          ...tried.map(text => symbol(text, 'missed')),
          rest > 0 && el('span', { class: 'muted', text: `${count(rest)} more` }),
          match === undefined
            ? el('span', { class: 'muted', text: 'no match' })
            : symbol(match, 'merged'),
        ),
      ),
    );
  }
  const text = 'Longest first: pieces that the vocabulary lacks, then the one it has';
  return [el('p', { class: 'step-note', text }), list];
}

function symbol(text: string, kind: 'missed' | 'merged'): HTMLElement {
  const span = tokenSpan(shorten(visible(text), 40));
  span.className = `symbol ${kind}`;
  if (kind === 'missed') span.append(el('span', { class: 'visually-hidden', text: ', not found' }));
  return span;
}
