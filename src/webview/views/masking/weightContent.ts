import type { AttentionRow, WeightMap } from '../../../protocol/capture';
import { compared } from './wanted';
import type { Place, RunName } from './runPlaces';
import { weight3 } from '../../reading/format';
import { pairFacts, rankedKeys } from '../../reading/rowFacts';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';
import { viewPalette } from '../../app/viewPalette';
import type { MapContent } from '../../draw/tokenMap';
import type { TableContent } from '../../kit/table';
import { blockedWords } from '../../reading/blocked';

/** A map of weights as it is drawn; null where the numbers are of other tokens. */
export function weightContent(
  state: State,
  name: string,
  place: Place,
  map: WeightMap,
  rowNames: readonly string[] | null = null,
): MapContent | null {
  const { queries, keys } = place;
  if (map.queries !== queries.tokens.length || map.keys !== keys.tokens.length) return null;
  const palette = viewPalette(state);
  return {
    name,
    queries: queries.tokens,
    keys: keys.tokens,
    codes: map.codes,
    colors: palette.pixels,
    scale: palette.scale,
    special: state.options.specialTokens,
    rowNames,
  };
}

/** The row of a query of a run, if it is the locus's or the one that is pointed at. */
export function rowOf(state: State, run: RunName, query: number | null): AttentionRow | null {
  const rows = [compared(state, `${run}Row`), compared(state, `${run}Pointed`)];
  return rows.find(row => row?.query === query) ?? null;
}

/** A cell of a run's map in words: “it to tiger, weight .613, rank 1 of 19”. */
export function weightCell(
  state: State,
  run: RunName,
  place: Place,
  query: number,
  key: number,
): string {
  const name = pairName(place, query, key);
  const row = rowOf(state, run, query);
  if (!row) return name;
  const facts = pairFacts(row, key);
  if (!facts.allowed) {
    return `${name}, ${blockedWords(place.capture, place, 'token', { query, key })}`;
  }
  return `${name}, weight ${weight3(facts.weight)}, rank ${facts.rank} of ${facts.visible}`;
}

/** “it to tiger”. */
export const pairName = ({ queries, keys }: Place, query: number, key: number): string =>
  `${label(queries.tokens[query])} to ${label(keys.tokens[key])}`;

/** The query's row in a run as a table of its largest weights. */
export function rowTable(
  state: State,
  run: RunName,
  title: string,
  place: Place,
): TableContent | null {
  const row = compared(state, `${run}Row`);
  if (!row) return null;
  const ranked = rankedKeys(row);
  const query = label(place.queries.tokens[row.query]);
  return {
    caption: `${title}, attention from ${query}: the ${ranked.length} largest weights`,
    columns: ['Key', 'Token', 'Weight'],
    rows: ranked.map(key => [
      label(place.keys.tokens[key]),
      String(key),
      weight3(row.weights[key] ?? NaN),
    ]),
  };
}
