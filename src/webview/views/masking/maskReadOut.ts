import { isSameText } from '../../../protocol/run';
import { keyTokens, queryTokens } from '../../reading/capture';
import { el, fill, tokenSpan } from '../../kit/dom';
import { weight3 } from '../../reading/format';
import { placeOf, type RunName } from './runPlaces';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';
import { rowOf } from './weightContent';

const RUNS: readonly [RunName, string][] = [
  ['main', 'A'],
  ['other', 'B'],
  ['changed', 'C'],
];

/** The pair that is pointed at, else the locus: its weight in every run. */
export function createMaskReadOut({ store }: Panel): HTMLElement {
  const element = el('div.read-out.mask-read-out');
  store.select(
    state => [state.capture, state.locus, state.preview, state.answers, state.sides],
    () => fill(element, ...parts(store.state)),
  );
  return element;
}

function parts(state: State): HTMLElement[] {
  const { capture, locus, preview } = state;
  if (!capture || !locus) return [];
  const query = preview?.query ?? locus.query;
  const key = preview?.key ?? locus.key;
  const pair = el(
    'span.pair',
    tokenSpan(label(queryTokens(capture, locus.block)[query], 20), 'query'),
    el('span.dim', ` ${query} → `),
    key === null
      ? el('span.dim', 'no key')
      : tokenSpan(label(keyTokens(capture, locus.block)[key], 20), 'key'),
    key === null ? null : el('span.dim', ` ${key}`),
  );
  if (key === null) return [pair];
  const found = RUNS.flatMap(([run, letter]) => {
    const weight = weightIn(state, run, query, key);
    return weight === null ? [] : [{ run, letter, weight }];
  });
  const weightFrom = (run: RunName): number | string | undefined =>
    found.find(one => one.run === run)?.weight;
  const [before, after] = [weightFrom('main'), weightFrom('changed')];
  const change = number(after) - number(before);
  return [
    pair,
    ...found.map(({ letter, weight }) =>
      fact(letter, typeof weight === 'string' ? weight : weight3(weight)),
    ),
    ...(isMissingInB(state, query, key) ? [fact('B', 'another text')] : []),
    ...(Number.isNaN(change) ? [] : [fact('C − A', `${change > 0 ? '+' : ''}${weight3(change)}`)]),
  ];
}

/** The other run reads another text, in which nothing stands for the pair. */
function isMissingInB(state: State, query: number, key: number): boolean {
  const place = placeOf(state, 'other');
  const { capture } = state;
  if (!place || !capture || isSameText(place.capture, capture)) return false;
  return place.queries.of(query) === null || place.keys.of(key) === null;
}

/** A blocked pair has no weight to subtract, but gets none. */
const number = (weight: number | string | undefined): number =>
  typeof weight === 'string' ? 0 : (weight ?? NaN);

/** The weight of a pair of the main run's tokens; null where it is not known in that run. */
function weightIn(state: State, run: RunName, query: number, key: number): number | string | null {
  const place = placeOf(state, run);
  const [row, column] = [place?.queries.of(query) ?? null, place?.keys.of(key) ?? null];
  if (row === null || column === null) return null;
  const found = rowOf(state, run, row);
  if (!found) return null;
  return found.allowed[column] === 1 ? (found.weights[column] ?? null) : 'masked';
}

const fact = (name: string, value: string): HTMLElement =>
  el(
    'span.muted.fact',
    `${name} `,
    el('b', { class: /^[a-z]/.test(value) ? '' : 'number', text: value }),
  );
