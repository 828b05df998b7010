import type { UnigramSteps } from '../../../protocol/tokenTrace';
import { el, tokenSpan } from '../../dom';
import { counted, score } from '../../format';
import { visible } from '../../tokenText';
import { drawLattice, fitsLattice } from './lattice';
import { drawTable } from '../table';

/** Candidates that a table lists. */
const LISTED = 20;

/** The most probable segmentations with their scores, and the candidates that they are made of. */
export function drawUnigram(steps: UnigramSteps, word: string): HTMLElement[] {
  const list = el('ol', { class: 'steps' });
  steps.segmentations.forEach(({ pieces, score: total }, i) => {
    const symbols = pieces.map(piece => {
      const span = tokenSpan(visible(piece));
      span.className = i === 0 ? 'symbol merged' : 'symbol';
      return span;
    });
    list.append(
      el(
        'li',
        {},
        el('span', { class: 'step-number number', text: score(total) }),
        el('span', { class: 'step-symbols' }, ...symbols),
      ),
    );
  });
  const note = (text: string): HTMLElement => el('p', { class: 'step-note', text });
  const best = steps.segmentations[0]?.pieces ?? [];
  return [
    note('Log probability of each way to split the word, best first'),
    list,
    note(`Lattice: ${counted(steps.lattice.length, 'candidate piece')} with log probability`),
    fitsLattice(steps, word) ? drawLattice(steps, word, best) : candidateTable(steps),
  ];
}

/** The candidates as a table, where there are too many to draw. */
function candidateTable({ lattice }: UnigramSteps): HTMLElement {
  const place = el('div', { class: 'table' });
  const ranked = [...lattice].sort((a, b) => b.to - b.from - (a.to - a.from)).slice(0, LISTED);
  drawTable(place, {
    caption: `The ${ranked.length} longest of ${counted(lattice.length, 'candidate piece')}`,
    columns: ['Piece', 'At', 'Log probability'],
    rows: ranked.map(({ text, from, score: value }) => [visible(text), String(from), score(value)]),
  });
  return place;
}
