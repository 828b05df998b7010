import type { BpeSteps } from '../../../protocol/tokenTrace';
import { el, tokenSpan } from '../../dom';
import { count, counted } from '../../format';
import { bpeStates } from '../../tokenization/bpeStates';
import { visible } from '../../tokenText';

/** Merges that are listed. */
const LISTED = 60;

/** The merges of a word in the order in which they were done, with the word as it stood after each. */
export function drawBpe(steps: BpeSteps): HTMLElement[] {
  if (steps.isWhole) {
    return [
      note('The vocabulary has this word, so the tokenizer looked for no merges (ignore_merges).'),
    ];
  }
  const start = el('p', { class: 'step-symbols' }, ...symbolsOf(steps.symbols, -1));
  const caption = `Starts as ${counted(steps.symbols.length, 'symbol')}`;
  const list = el('ol', { class: 'steps' });
  const states = bpeStates(steps);
  steps.merges.slice(0, LISTED).forEach(({ rank, id }, i) => {
    const { symbols, at } = states[i] ?? { symbols: [], at: -1 };
    list.append(
      el(
        'li',
        {},
        el(
          'span',
          {
            class: 'step-number number',
            title: `Line ${count(rank)} of the merge table; id ${count(id)}`,
          },
          count(rank),
        ),
        el('span', { class: 'step-symbols' }, ...symbolsOf(symbols, at)),
      ),
    );
  });
  const rest = steps.merges.length - LISTED;
  return [
    note(caption),
    start,
    steps.merges.length > 0
      ? note('Merges in order: rank, then the word after it')
      : note('No merges'),
    list,
    ...(rest > 0 ? [note(`${counted(rest, 'more merge')}, not listed`)] : []),
  ];
}

const note = (text: string): HTMLElement => el('p', { class: 'step-note', text });

function symbolsOf(symbols: readonly string[], at: number): HTMLElement[] {
  return symbols.map((symbol, i) => {
    const span = tokenSpan(visible(symbol));
    span.className = i === at ? 'symbol merged' : 'symbol';
    return span;
  });
}
