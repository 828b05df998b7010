import { keepDrawn } from '../../app/keepDrawn';
import { number } from '../../reading/numbers';
import { fill } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { biasWindow, bucketRange, reach, type BiasWindow } from './bias';
import { whole, type Highlight } from '../../draw/chartContent';
import { t5Bucket, T5 } from './formulaMath';
import { found, ownScheme } from './wanted';
import { bucketLines } from './positionLines';
import { biasPicture } from './pictures';
import { positionPlace } from './positionPlace';
import type { State } from '../../app/state';
import type { CellPlace } from '../../draw/cellKeys';
import type { TableContent } from '../../kit/table';
import { createFigurePane, rampItem } from './figurePane';
import { LineChart } from '../../draw/lineChart';
import { MatrixChart } from '../../draw/matrixChart';

/** Relative bias (Raffel et al. 2020): the model's values by head and distance, or how distances share buckets. */
export function createBiasPane(panel: Panel): HTMLElement {
  const { store, actions } = panel;
  const pane = createFigurePane(panel, 'Relative bias (T5)');
  let pointed: CellPlace | null = null;
  const start = (): CellPlace => {
    const { state } = store;
    const window = biasWindow(state);
    const column = (positionPlace(state)?.offset ?? 0) - (window?.first ?? 0);
    return {
      row: Math.min(state.locus?.head ?? 0, (window?.heads ?? 1) - 1),
      column: Math.max(0, Math.min((window?.columns ?? 1) - 1, column)),
    };
  };
  const read = (place: CellPlace): string => {
    const window = biasWindow(store.state);
    return window ? reading(window, place) : '';
  };
  const chart = new MatrixChart({
    start,
    name: read,
    point: place => {
      pointed = place;
      pane.reading.textContent = read(pointed ?? start());
    },
    commit: ({ row }) => {
      const { locus } = store.state;
      if (locus) actions.setHead(locus.layer, row);
    },
  });
  const buckets = new LineChart({
    start: () => positionPlace(store.state)?.offset ?? 0,
    read: at => bucketText(store.state, at),
    point: at => {
      pane.reading.textContent = bucketText(
        store.state,
        at ?? positionPlace(store.state)?.offset ?? 0,
      );
    },
  });
  pane.picture.append(chart.element, buckets.element);
  keepDrawn(
    store,
    state => [biasWindow(state)?.values.length, found(state, 'scheme')],
    state => {
      const window = biasWindow(state);
      const picture = biasPicture(state);
      chart.element.hidden = !window;
      buckets.element.hidden = window !== null;
      const isOwn = ownScheme(state, 'relativeBias') !== null;
      pane.tag(isOwn ? 'this model' : 'reference');
      if (!window || !picture) {
        pane.words.textContent = isOwn
          ? 'What this model adds also depends on the text, so there is no bias to list; these are the buckets of T5.'
          : 'Distances share buckets. The bias of each head and bucket is learned, so only the buckets are shown.';
        buckets.show(bucketLines(state));
        fill(
          pane.legend,
          `${T5.buckets} buckets, logarithmic beyond 8, the last from ${T5.maxDistance}`,
        );
        pane.reading.textContent = bucketText(state, positionPlace(state)?.offset ?? 0);
        pane.table(state.options.table ? bucketTable(state) : null);
        return;
      }
      pane.words.textContent = 'A learned bias for each head and distance bucket.';
      chart.show(picture);
      chart.mark(marks(state, window));
      const most = number(window.limit, 1);
      fill(pane.legend, rampItem(`−${most}`, most, picture.pixels, legendNote(window)));
      pane.reading.textContent = read(pointed ?? start());
      pane.table(state.options.table ? biasTable(state, window) : null);
    },
  );
  return pane.element;
}

function marks(state: State, { first, heads }: BiasWindow): Highlight[] {
  const offset = positionPlace(state)?.offset ?? null;
  const head = state.locus?.head ?? 0;
  return [
    ...(offset === null ? [] : [{ shape: 'frame', ink: 'plain', column: offset - first } as const]),
    ...(head < heads && heads > 1 ? [{ shape: 'frame', ink: 'query', row: head } as const] : []),
  ];
}

function legendNote({ buckets, maxDistance }: BiasWindow): string {
  const known =
    buckets === undefined
      ? ''
      : `; ticks are edges of ${buckets} buckets${maxDistance === undefined ? '' : `, the last from ${maxDistance}`}`;
  return `bias added to the score${known}`;
}

function reading({ first, columns, values }: BiasWindow, { row, column }: CellPlace): string {
  const value = values[row * columns + column] ?? NaN;
  const distance = whole(first + column);
  return Number.isNaN(value)
    ? `At distance ${distance} head ${row} never attends.`
    : `At distance ${distance} head ${row} adds ${number(value, 3)} to the score.`;
}

function bucketText(state: State, offset: number): string {
  const { from, to } = bucketRange(offset, reach(state));
  const shared = from === to ? '' : `, with ${whole(from)} to ${whole(to)}`;
  return `Distance ${whole(offset)} falls into bucket ${t5Bucket(offset)}${shared}.`;
}

/** The bias of every head at the locus's distance. */
function biasTable(state: State, { first, heads, columns, values }: BiasWindow): TableContent {
  const offset = positionPlace(state)?.offset ?? 0;
  return {
    caption: `Bias of each head at distance ${whole(offset)}, and at 0`,
    columns: ['Head', `At ${whole(offset)}`, 'At 0'],
    rows: Array.from({ length: heads }, (_, head) => {
      const at = (distance: number): string =>
        number(values[head * columns + distance - first] ?? NaN, 4);
      return [`H${head}`, at(offset), at(0)];
    }),
  };
}

function bucketTable(state: State): TableContent {
  const around = reach(state);
  const rows: string[][] = [];
  for (let from = -around; from <= around;) {
    const { to } = bucketRange(from, around);
    rows.push([`${whole(from)} to ${whole(to)}`, String(t5Bucket(from))]);
    from = Math.max(to, from) + 1;
  }
  return {
    caption: 'Distances from query to key that share a bucket',
    columns: ['Distances', 'Bucket'],
    rows,
  };
}
