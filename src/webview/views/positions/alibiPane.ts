import { keepDrawn } from '../../app/keepDrawn';
import { number } from '../../reading/numbers';
import { fill } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { penalty, slopesShown, slopeText, type Slopes } from './alibi';
import { alibiLines } from './positionLines';
import { positionPlace } from './positionPlace';
import type { State } from '../../app/state';
import type { TableContent } from '../../kit/table';
import { createFigurePane } from './figurePane';
import { LineChart } from '../../draw/lineChart';

/** ALiBi (Press et al. 2022): a penalty that grows with the distance, one slope a head. */
export function createAlibiPane(panel: Panel): HTMLElement {
  const { store } = panel;
  const pane = createFigurePane(panel, 'ALiBi');
  const distance = (): number => Math.abs(positionPlace(store.state)?.offset ?? 0);
  const chart = new LineChart({
    start: distance,
    read: at => reading(store.state, at),
    point: at => {
      pane.reading.textContent = reading(store.state, at ?? distance());
    },
  });
  pane.picture.append(chart.element);
  keepDrawn(
    store,
    state => [slopesShown(state)],
    state => {
      const shown = slopesShown(state);
      const content = alibiLines(state);
      if (!shown || !content) return;
      pane.tag(shown.isOwn ? 'this model' : 'reference');
      pane.words.textContent = 'A penalty that grows linearly with distance, one slope per head.';
      chart.show(content);
      fill(pane.legend, 'added to the score; the head on show is the bold line');
      pane.reading.textContent = reading(state, distance());
      pane.table(state.options.table ? tableOf(shown, distance()) : null);
    },
  );
  return pane.element;
}

function reading(state: State, distance: number): string {
  const head = state.locus?.head ?? 0;
  const slope = slopesShown(state)?.slopes[head];
  if (slope === undefined) return '';
  return `At distance ${distance}, H${head} adds ${number(penalty(slope, distance), 3)} to the score.`;
}

const tableOf = ({ slopes }: Slopes, distance: number): TableContent => ({
  caption: `Slope of each head, and what it adds at distance ${distance}`,
  columns: ['Head', 'Slope', 'Exact', `At ${distance}`],
  rows: Array.from(slopes, (slope, head) => [
    `H${head}`,
    slopeText(slope),
    slope.toPrecision(6),
    number(penalty(slope, distance), 4),
  ]),
});
