import { keepDrawn } from '../../app/keepDrawn';
import { number } from '../../reading/numbers';
import { isCross } from '../../reading/capture';
import { fill } from '../../kit/dom';
import { counted } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { whole } from '../../draw/chartContent';
import { found, positionsError, hasDistances } from './wanted';
import { readValue, scoreLines } from './positionLines';
import { positionPlace } from './positionPlace';
import type { State } from '../../app/state';
import type { TableContent } from '../../kit/table';
import { createFigurePane, lineItem } from './figurePane';
import { LineChart } from '../../draw/lineChart';

/** Distances in the table, on both sides of 0. */
const TABLE_REACH = 32;

/** The mean score of the locus's head by distance, with the position part and without. */
export function createScoresPane(panel: Panel): HTMLElement {
  const { store } = panel;
  const pane = createFigurePane(panel, 'Score by distance');
  const distance = (): number => positionPlace(store.state)?.offset ?? 0;
  const chart = new LineChart({
    start: distance,
    read: at => reading(store.state, at),
    point: at => {
      pane.reading.textContent = reading(store.state, at ?? distance());
    },
  });
  pane.tag('');
  pane.words.setAttribute('role', 'status');
  pane.picture.append(chart.element);
  keepDrawn(
    store,
    state => [found(state, 'scores'), positionsError(state, 'scores')],
    state => {
      const scores = found(state, 'scores');
      const content = scoreLines(state);
      const error = positionsError(state, 'scores');
      const absent = absence(state);
      const isGone = error !== null || absent !== null;
      pane.words.classList.toggle('failed', error !== null);
      pane.words.textContent = absent ?? error ?? scores?.method ?? 'Computing…';
      pane.picture.hidden = isGone;
      pane.reading.hidden = isGone;
      pane.legend.hidden = isGone;
      pane.picture.classList.toggle('pending', content === null);
      if (!content || isGone) {
        pane.table(null);
        return;
      }
      chart.show(content);
      fill(
        pane.legend,
        lineItem('with positions', 'own'),
        lineItem('without positions', 'other'),
        'mean of the softmax input',
      );
      pane.reading.textContent = reading(state, distance());
      pane.table(state.options.table ? tableOf(state) : null);
    },
  );
  return pane.element;
}

function absence(state: State): string | null {
  if (!state.locus || hasDistances(state)) return null;
  return isCross(state.locus.block)
    ? 'Cross-attention has no positions: its queries and keys are two sequences. Choose self-attention to see scores by distance.'
    : 'One token has no distance to another. Choose a longer text.';
}

function reading(state: State, at: number): string {
  const scores = found(state, 'scores');
  if (!scores) return '';
  const { firstDistance, withPosition, withoutPosition, pairs } = scores;
  const i = at - firstDistance;
  const count = pairs[i] ?? 0;
  if (count === 0) return `No pair is at distance ${whole(at)}.`;
  return `At distance ${whole(at)}: ${readValue(withPosition[i], 2)} with positions, ${readValue(withoutPosition[i], 2)} without; ${counted(count, 'pair')}.`;
}

function tableOf(state: State): TableContent | null {
  const scores = found(state, 'scores');
  if (!scores) return null;
  const { firstDistance, withPosition, withoutPosition, pairs, layer, head } = scores;
  const distances = Array.from(pairs, (_, i) => firstDistance + i).filter(
    at => Math.abs(at) <= TABLE_REACH && (pairs[at - firstDistance] ?? 0) > 0,
  );
  const at = (values: Float32Array, distance: number): string =>
    number(values[distance - firstDistance] ?? NaN, 4);
  return {
    caption: `Mean score of layer ${layer}, head ${head} by distance from query to key`,
    columns: ['Distance', 'Pairs', 'With positions', 'Without'],
    rows: distances.map(distance => [
      whole(distance),
      String(pairs[distance - firstDistance] ?? 0),
      at(withPosition, distance),
      at(withoutPosition, distance),
    ]),
  };
}
