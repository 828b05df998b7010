import { maskOf } from '../../../protocol/change';
import { BLOCKED } from '../../../protocol/weightCode';
import { divergingPixels } from '../../draw/color/diverging';
import { weight3 } from '../../reading/format';
import { compared } from './wanted';
import { placeOf, type Place } from './runPlaces';
import { changeOf } from './maskingRuns';
import { signedMap } from './signedMap';
import { changedTitle } from './words';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import { isDark } from '../../kit/theme';
import { label } from '../../reading/tokenText';
import { shownScale } from '../../app/viewPalette';
import { MapLegend } from '../../draw/legends';
import type { MapContent } from '../../draw/tokenMap';
import type { TableContent } from '../../kit/table';
import { createMapColumn } from './mapColumn';
import { createMaskControls } from './maskControls';
import { pairName, rowOf, rowTable, weightCell, weightContent } from './weightContent';

const TABLE_ROWS = 10;

/** The main run made again with another mask: its map, or what it gained and lost. */
export function createChangedColumn(panel: Panel): HTMLElement {
  const { store } = panel;
  const legend = new MapLegend();
  const column = createMapColumn(panel, {
    name: 'Changed mask',
    run: 'changed',
    controls: createMaskControls(panel),
    legend: legend.element,
    title: state => `C · ${title(state)}`,
    words: state =>
      state.options.masking.difference
        ? 'Weight that the changed mask gives and takes.'
        : 'The same model and text with the mask changed.',
    watches: state => state.options.masking.difference,
    source: state => (state.options.masking.difference ? 'difference' : 'changedMap'),
    place: shownPlace,
    content,
    cell,
    table,
    absent: ({ options }) =>
      options.masking.isChanged
        ? 'The model is run with the mask changed.'
        : 'Tick the mask to run the model with it.',
  });
  store.select(
    state => [
      state.answers,
      state.options.masking.difference,
      state.options.colorMap,
      shownScale(state),
      state.themeVersion,
    ],
    (_comparisons, isDifference, colorMap, scale) => {
      const shown = content(store.state);
      if (!shown) return;
      const { theme } = store.state;
      const isBlocked = shown.codes.includes(BLOCKED);
      const difference = signedMap(store.state);
      if (isDifference && difference) legend.showDifference(difference.limit, theme, isBlocked);
      else legend.showWeights(scale, colorMap, theme, isBlocked);
    },
  );
  return column;
}

function title(state: State): string {
  const main = placeOf(state, 'main');
  const place = placeOf(state, 'changed');
  const change = (place && maskOf(place.capture)) ?? changeOf(state);
  return main ? changedTitle(main, change) : 'Changed mask';
}

/**
 * The difference stands on the main run's own tokens, beside the padding that the change added; the
 * changed map on its own.
 */
export function shownPlace(state: State): Place | null {
  const changed = placeOf(state, 'changed');
  if (!changed || !state.options.masking.difference) return changed;
  return signedMap(state)?.place ?? placeOf(state, 'main');
}

export function content(state: State): MapContent | null {
  const changed = placeOf(state, 'changed');
  if (!changed) return null;
  if (state.options.masking.difference) return differenceContent(state);
  const map = compared(state, 'changedMap');
  return map && weightContent(state, title(state), changed, map);
}

function differenceContent(state: State): MapContent | null {
  const map = signedMap(state);
  if (!map) return null;
  return {
    name: `${title(state)}, difference`,
    queries: map.place.queries.tokens,
    keys: map.place.keys.tokens,
    codes: map.codes,
    colors: divergingPixels(isDark(state.theme)),
    isSigned: true,
    scale: 'Linear',
    special: state.options.specialTokens,
  };
}

function cell(state: State, query: number, key: number): string {
  const main = placeOf(state, 'main');
  const changed = placeOf(state, 'changed');
  if (!main || !changed) return '';
  if (!state.options.masking.difference) return weightCell(state, 'changed', changed, query, key);
  const { keys } = shownPlace(state) ?? main;
  const name = pairName({ ...main, keys }, query, key);
  const own = keys.back(key);
  if (own === null) return paddingCell(state, name, query, key);
  const found = changeAt(state, query, own);
  if (!found) return name;
  return `${name}, weight ${weight3(found.before)} before, ${weight3(found.after)} after`;
}

/** A pair of a query and padding, which the main run does not have. */
function paddingCell(state: State, name: string, query: number, key: number): string {
  const row = rowOf(state, 'changed', placeOf(state, 'changed')?.queries.of(query) ?? null);
  if (!row) return name;
  return row.allowed[key] === 1
    ? `${name}, weight ${weight3(row.weights[key] ?? NaN)} after`
    : `${name}, blocked by the mask`;
}

/** Both weights of a pair of the main run's tokens; null while they are on their way. */
export function changeAt(
  state: State,
  query: number,
  key: number,
): { readonly before: number; readonly after: number } | null {
  const changed = placeOf(state, 'changed');
  const [row, column] = [changed?.queries.of(query) ?? null, changed?.keys.of(key) ?? null];
  const before = rowOf(state, 'main', query)?.weights[key];
  const after = column === null ? undefined : rowOf(state, 'changed', row)?.weights[column];
  return before === undefined || after === undefined ? null : { before, after };
}

function table(state: State): TableContent | null {
  const changed = placeOf(state, 'changed');
  if (!changed) return null;
  if (!state.options.masking.difference) return rowTable(state, 'changed', title(state), changed);
  const main = placeOf(state, 'main');
  const { locus } = state;
  if (!main || !locus) return null;
  const changes = main.keys.tokens.flatMap((token, key) => {
    const found = changeAt(state, locus.query, key);
    return found ? [{ token, key, ...found, change: found.after - found.before }] : [];
  });
  const ranked = changes
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change))
    .slice(0, TABLE_ROWS);
  const query = label(main.queries.tokens[locus.query]);
  return {
    caption: `${title(state)}, attention from ${query}: the ${ranked.length} largest changes`,
    columns: ['Key', 'Token', 'Before', 'After', 'Change'],
    rows: ranked.map(({ token, key, before, after, change }) => [
      label(token),
      String(key),
      weight3(before),
      weight3(after),
      change > 0 ? `+${weight3(change)}` : weight3(change),
    ]),
  };
}
