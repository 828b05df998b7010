import { mapRefusal, shownPredicted, shownRow } from '../../app/addresses';
import { el, fill, tokenSpan } from '../../kit/dom';
import { score, weight3 } from '../../reading/format';
import { GLOSSARY } from '../../reading/glossary';
import type { Panel } from '../../app/panel';
import { numberName } from '../../draw/measure';
import { pairFacts } from '../../reading/rowFacts';
import type { State } from '../../app/state';
import { keyUnits, queryUnits } from '../../reading/units';
import { rowLabel } from '../../draw/shownCells';

/** The pair that is pointed at, else the locus: its weight, score, rank and multiple of uniform. */
export function createReadOut({ store }: Panel): HTMLElement {
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
    predicts !== null && el('span.dim', { text: ' predicts ' }),
    predicts !== null && tokenSpan(predicts),
    el('span.dim', { text: ` ${queries.place(row)} → ` }),
    ...(key === null
      ? [el('span.dim', { text: 'no key' })]
      : [
          tokenSpan(keys.label(column, 20), 'key'),
          el('span.dim', { text: ` ${keys.place(column)}` }),
        ]),
  );
  const source = shownRow(state, query);
  if (key === null || !source || mapRefusal(state) !== null) return [asking];
  const facts = pairFacts(source, column);
  if (!facts.allowed) return [asking, el('span.muted', { text: 'blocked by the mask' })];
  const uniform = locus.aggregate !== 'max';
  return [
    asking,
    fact(numberName(locus.aggregate), weight3(facts.weight)),
    ...(facts.score === undefined ? [] : [fact('score', score(facts.score))]),
    fact('rank', `${facts.rank} / ${facts.visible}`),
    ...(uniform
      ? [fact('', `${facts.timesUniform.toFixed(1)}×`, 'uniform', GLOSSARY['× uniform'])]
      : []),
  ];
}

function fact(name: string, value: string, unit = '', title = ''): HTMLElement {
  return el(
    'span.muted.fact',
    { title },
    name === '' ? '' : `${name} `,
    el('b.number', { text: value }),
    unit === '' ? '' : ` ${unit}`,
  );
}
