import { keepDrawn } from '../../app/keepDrawn';
import { number } from '../../reading/numbers';
import { el, fill } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { similarityLines } from './positionLines';
import { similarityPicture, signedPixels } from './pictures';
import { positionPlace } from './positionPlace';
import { rowOfQuery, similarities, type Similarity } from './similarity';
import type { State } from '../../app/state';
import type { CellPlace } from '../../draw/cellKeys';
import type { TableContent } from '../../kit/table';
import { createFigurePane, lineItem, rampItem } from './figurePane';
import { LineChart } from '../../draw/lineChart';
import { MatrixChart } from '../../draw/matrixChart';

/** Matrices that stand side by side. */
const MOST = 2;
const TABLE_ROWS = 10;

/** How similar the positions are to each other, and the query's to all. */
export function createSimilarityPane(panel: Panel): HTMLElement {
  const { store, actions } = panel;
  const pane = createFigurePane(panel, 'Similarity of positions');
  const slots = Array.from({ length: MOST }, (_, slot) => {
    let pointed: CellPlace | null = null;
    const shown = (): Similarity | undefined => similarities(store.state)[slot];
    const start = (): CellPlace => {
      const similarity = shown();
      const place = positionPlace(store.state);
      if (!similarity || !place) return { row: 0, column: 0 };
      const cell = (position: number): number =>
        Math.max(0, Math.min(similarity.rows - 1, position - similarity.first));
      return { row: cell(place.query), column: cell(place.key ?? place.query) };
    };
    const name = ({ row, column }: CellPlace): string => {
      const similarity = shown();
      if (!similarity) return '';
      const { first, rows, values } = similarity;
      const cosine = number(values[row * rows + column] ?? NaN, 3);
      return `${similarity.name}, positions ${first + row} and ${first + column}: cosine ${cosine}`;
    };
    const chart = new MatrixChart({
      start,
      name,
      point: place => {
        pointed = place;
        pane.reading.textContent = pointed ? name(pointed) : readOut(store.state);
      },
      commit: ({ row, column }) => {
        const place = positionPlace(store.state);
        const { first = 0 } = shown() ?? {};
        const isToken = (cell: number): boolean => first + cell < (place?.tokens ?? 0);
        if (isToken(row) && isToken(column)) actions.setPair(first + row, first + column);
      },
    });
    const title = el('h3.muted.chart-title');
    return { chart, title, element: el('div', title, chart.element), shown };
  });
  const curveTitle = el('h3.muted.chart-title');
  const curve = new LineChart({
    start: () => positionPlace(store.state)?.key ?? positionPlace(store.state)?.query ?? 0,
    read: at => readAt(store.state, at),
    point: at => {
      pane.reading.textContent = at === null ? readOut(store.state) : readAt(store.state, at);
    },
  });
  pane.picture.append(
    el('div.similarity-pair', ...slots.map(({ element }) => element)),
    curveTitle,
    curve.element,
  );
  keepDrawn(
    store,
    state => [...Array.from({ length: MOST }, (_, slot) => similarities(state)[slot])],
    state => {
      const shown = similarities(state);
      const [one] = shown;
      const row = one ? rowOfQuery(state, one) : null;
      pane.tag('');
      pane.words.textContent = words(shown, row === null ? null : (one?.first ?? 0) + row);
      slots.forEach(({ chart, title, element }, slot) => {
        const similarity = shown[slot];
        element.hidden = !similarity;
        if (!similarity) return;
        title.textContent = similarity.isOwn ? `${similarity.name}, this model` : similarity.name;
        chart.show(similarityPicture(state, similarity));
        chart.mark(row === null ? [] : [{ shape: 'frame', ink: 'query', row }]);
      });
      const content = similarityLines(state);
      curve.element.hidden = content === null;
      curveTitle.hidden = content === null;
      if (content) curve.show(content);
      curveTitle.textContent = content?.name ?? '';
      fill(
        pane.legend,
        rampItem('−1', '1', signedPixels(state), 'cosine'),
        ...shown.map(({ name }, i) => lineItem(name, i === 0 ? 'own' : 'other')),
      );
      pane.reading.textContent = readOut(state);
      pane.table(state.options.table ? tableOf(shown, row) : null);
    },
  );
  return pane.element;
}

function words(shown: readonly Similarity[], query: number | null): string {
  const rotary = shown.some(({ name }) => name === 'rotary');
  const what = rotary
    ? 'Cosine between position vectors; for rotations the mean cosine of all angles.'
    : 'Cosine between position vectors.';
  return query === null ? what : `${what} Row ${query} is outlined.`;
}

function readAt(state: State, at: number): string {
  const place = positionPlace(state);
  const values = similarities(state).flatMap(one => {
    const row = rowOfQuery(state, one);
    if (row === null || at < one.first || at >= one.first + one.rows) return [];
    return [`${one.name} ${number(one.values[row * one.rows + at - one.first] ?? NaN, 3)}`];
  });
  return place && values.length > 0 ? `${place.query} and ${at}: ${values.join(', ')}` : '';
}

const readOut = (state: State): string => {
  const key = positionPlace(state)?.key ?? null;
  return key === null ? '' : readAt(state, key);
};

/** The positions that are most similar to the query's, by the first of the schemes. */
function tableOf(shown: readonly Similarity[], row: number | null): TableContent | null {
  const [one] = shown;
  if (!one || row === null) return null;
  const { first, rows } = one;
  const at = (similarity: Similarity, column: number): number =>
    similarity.values[row * rows + column] ?? NaN;
  const ranked = Array.from({ length: rows }, (_, column) => column)
    .sort((a, b) => at(one, b) - at(one, a))
    .slice(0, TABLE_ROWS);
  return {
    caption: `Positions most similar to ${first + row}, the ${ranked.length} largest cosines`,
    columns: ['Position', ...shown.map(({ name }) => name)],
    rows: ranked.map(column => [
      String(first + column),
      ...shown.map(similarity => number(at(similarity, column), 4)),
    ]),
  };
}
