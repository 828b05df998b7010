import type { Evidence } from '../../../protocol/findings';
import type { State } from '../../app/state';
import { drawPicture } from '../../draw/marks';
import { el, fill } from '../../kit/dom';
import { svg } from '../../kit/svgElement';
import { drawTable } from '../../kit/table';
import { widthOf } from '../../draw/widthOf';
import { barLane, barParts, shareBar } from '../../shell/weightBar';
import { barsOf, mapPicture, wrongCells, type BarsEvidence, type MapEvidence } from './evidence';

/** More bars than this scroll. */
const MOST_BARS = 16;
/** Bars of shares fill their lane at 1, where that lets them be seen. */
const SMALL_SHARE = 0.1;
/** A map is drawn no wider. */
const WIDEST = 560;

/** What a piece of evidence shows, under its title. */
export function createEvidence(evidence: Evidence, state: State, isOfFuture: boolean): HTMLElement {
  const figure =
    evidence.kind === 'map' ? mapPane(evidence, state, isOfFuture) : barsPane(evidence);
  return el('div.evidence', el('h3.evidence-title', evidence.title), figure);
}

function mapPane(evidence: MapEvidence, state: State, isOfFuture: boolean): HTMLElement {
  const wrong = wrongCells(evidence);
  const picture = svg('svg', {
    class: 'evidence-map',
    role: 'img',
    'aria-label': [
      evidence.title,
      ...wrong.rows
        .slice(0, 3)
        .map(([query, key, weight]) => `${query ?? ''} to ${key ?? ''}, weight ${weight ?? ''}`),
    ].join('; '),
  });
  const table = el('div.table');
  drawTable(table, state.options.table && wrong);
  const place = el('div.evidence-place', picture, table);
  const width = widthOf(place, () => draw());
  const draw = (): void => {
    const room = Math.min(WIDEST, width());
    if (room > 0) drawPicture(picture, mapPicture(evidence, state, isOfFuture, room));
  };
  // It has a width once it is in the page.
  queueMicrotask(draw);
  return place;
}

function barsPane(evidence: BarsEvidence): HTMLElement {
  const bars = barsOf(evidence);
  const largest = Math.max(...bars.map(({ value }) => Math.abs(value)), 1e-9);
  const most = largest > SMALL_SHARE && largest < 1 ? 1 : largest;
  const list = el('ul', {
    class: 'evidence-bars',
    'aria-label': evidence.title,
    tabindex: bars.length > MOST_BARS ? 0 : null,
  });
  fill(
    list,
    ...bars.map(({ name, value, text, isWrong }) => {
      const isEndless = text === 'NaN' || text.includes('∞');
      const lane = barLane(shareBar(isEndless ? 1 : Math.abs(value) / most));
      return el(
        'li',
        { class: ['evidence-bar', isWrong ? 'wrong' : ''] },
        ...barParts(name, lane, text),
        isWrong && el('span.visually-hidden', ', beyond the limit'),
      );
    }),
  );
  return list;
}
