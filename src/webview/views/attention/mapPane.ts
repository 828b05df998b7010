import { mapRefusal, shownPredicted, shownRow } from '../../app/addresses';
import { el, icon, fill, tokenSpan } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { createPane } from '../../shell/pane';
import { createArcsPicture } from './arcsPicture';
import { headTitle } from './headTitle';
import { createHeatMap } from './heatMap';
import { createLegend } from '../../shell/weightLegend';
import { createMapTools } from './mapTools';
import { weight3, score } from '../../reading/format';
import { numberName } from '../../draw/measure';
import { keyUnits, queryUnits } from '../../reading/units';
import { drawTable } from '../../kit/table';
import { GLOSSARY } from '../../reading/glossary';
import { blockedWords } from '../../reading/blocked';
import { mapPlace } from '../../reading/place';
import { pairFacts } from '../../reading/rowFacts';
import type { State } from '../../app/state';
import { rowLabel } from '../../draw/shownCells';

/** The large picture of a head or layer, cells or arcs, with its tools, read-out and legend. */
export function createMapPane(panel: Panel): HTMLElement {
  const { store } = panel;
  const pane = createPane(panel, 'Map');
  pane.element.classList.add('map-pane');
  const map = el('div');
  const arcs = el('div');
  const refusal = el('p.refusal', { role: 'status' });
  const legend = createLegend(panel);
  // What is hidden is settled before the pictures draw, because hidden ones have no width.
  store.select(
    state => [state.options.picture, mapRefusal(state)],
    (picture, refused) => {
      map.hidden = picture !== 'map' || refused !== null;
      arcs.hidden = picture !== 'arcs' || refused !== null;
      legend.element.classList.toggle('of-arcs', picture === 'arcs');
      refusal.hidden = refused === null;
      if (refused !== null) refusal.replaceChildren(icon('info'), ` ${refused}`);
    },
  );
  const readOut = createReadOut(panel);
  map.append(createHeatMap(panel, legend.stateDetail), createMapTable(panel));
  arcs.append(createArcsPicture(panel));
  pane.body.append(createMapTools(panel), refusal, map, arcs, readOut, legend.element);
  store.select(
    state => [mapRefusal(state) !== null],
    isRefused => (readOut.hidden = legend.element.hidden = isRefused),
  );
  store.select(
    state => [state.locus],
    locus => {
      if (locus) pane.title(headTitle(locus));
    },
  );
  return pane.element;
}

const ROWS = 10;

/** The map as a table: the keys that receive most, with their mean weight. */
function createMapTable({ store }: Panel): HTMLElement {
  const element = el('div.table');
  store.select(
    state => [state.options.table, state.map, state.locus, state.capture],
    (open, map, locus, capture) => {
      if (!open || !map || !locus || !capture) {
        drawTable(element, null);
        return;
      }
      const { received } = map.value;
      const keys = keyUnits(capture, locus.block, store.state.options.grouping);
      const ranked = Array.from(received.keys())
        .sort((a, b) => (received[b] ?? 0) - (received[a] ?? 0))
        .slice(0, ROWS);
      drawTable(element, {
        caption: `The ${ranked.length} keys that receive most: ${numberName(locus.aggregate)}, mean over the queries that see them`,
        columns: ['Key', 'Token', 'Received'],
        rows: ranked.map(key => [keys.label(key), keys.place(key), weight3(received[key] ?? NaN)]),
      });
    },
  );
  return element;
}

/** The pair that is pointed at, else the locus: its weight, score, rank and multiple of uniform. */
function createReadOut({ store }: Panel): HTMLElement {
  const element = el('div.read-out');
  store.select(
    state => [
      state.capture,
      state.locus,
      state.row,
      state.preview,
      state.previewRow,
      state.options.grouping,
      shownPredicted(state),
      mapRefusal(state),
    ],
    () => fill(element, ...readOutParts(store.state)),
  );
  return element;
}

function readOutParts(state: State): HTMLElement[] {
  const { capture, locus, preview, options } = state;
  if (!capture || !locus) return [];
  const query = preview?.query ?? locus.query;
  const key = preview?.key ?? locus.key;
  const queries = queryUnits(capture, locus.block, options.grouping);
  const keys = keyUnits(capture, locus.block, options.grouping);
  const [row, column] = [queries.of(query), key === null ? -1 : keys.of(key)];
  const predicted = shownPredicted(state);
  const predicts = predicted && rowLabel(queries, row, 20, predicted);
  const asking = el(
    'span.pair',
    tokenSpan(queries.label(row, 20), 'query'),
    predicts !== null && el('span.dim', ' predicts '),
    predicts !== null && tokenSpan(predicts),
    el('span.dim', ` ${queries.place(row)} → `),
    ...(key === null
      ? [el('span.dim', 'no key')]
      : [tokenSpan(keys.label(column, 20), 'key'), el('span.dim', ` ${keys.place(column)}`)]),
  );
  const source = shownRow(state, query);
  if (!source || mapRefusal(state) !== null) return [asking];
  const sink =
    source.sink === undefined ? [] : [fact('sink', weight3(source.sink), '', GLOSSARY.sink)];
  if (key === null) return [asking, ...sink];
  const facts = pairFacts(source, column);
  if (!facts.allowed) {
    const blocked = blockedWords(capture, mapPlace(locus), options.grouping, { query, key });
    return [asking, el('span.muted', blocked), ...sink];
  }
  const uniform = locus.aggregate !== 'max';
  return [
    asking,
    fact(numberName(locus.aggregate), weight3(facts.weight)),
    ...(facts.score === undefined ? [] : [fact('score', score(facts.score))]),
    fact('rank', `${facts.rank} / ${facts.visible}`),
    ...(uniform
      ? [fact('', `${facts.timesUniform.toFixed(1)}×`, 'uniform', GLOSSARY['× uniform'])]
      : []),
    ...sink,
  ];
}

function fact(name: string, value: string, unit = '', title = ''): HTMLElement {
  return el(
    'span.muted.fact',
    { title },
    name === '' ? '' : `${name} `,
    el('b.number', value),
    unit === '' ? '' : ` ${unit}`,
  );
}
