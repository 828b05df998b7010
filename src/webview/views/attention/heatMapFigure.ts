import { address, mapParams, mapRefusal, rowParams, shownPredicted } from '../../app/addresses';
import { BASE_STEP, LARGEST_WHOLE_MAP } from '../../../protocol/tiles';
import { weightRamp, viewPalette } from '../../app/viewPalette';
import { displaySink, largestOfRows } from '../../draw/pixels/displayMap';
import { gridPicture, NAME_LIMIT, shownPicture } from '../../draw/gridPicture';
import type { Picture } from '../../draw/marks';
import type { State } from '../../app/state';
import { keyUnits, queryUnits } from '../../reading/units';
import { shownCells, type ShownCells } from '../../draw/shownCells';
import { exactRows } from '../../draw/file/exactRows';
import { type FigureContext } from '../../app/export/figure';
import { range, tableOf, type FigureTable } from '../../draw/file/figureTable';

/** Cells on a side of the picture of a map that is too long to be sent whole. */
const LONG_SIDE = 1024;

/** The map on show; null while it is on its way or where there is none. */
export function shownMap(state: State) {
  const { capture, locus, map, options } = state;
  if (!capture || !locus || !map || mapRefusal(state) !== null) return null;
  return map.at === address(mapParams(capture.id, locus, options.grouping)) ? map.value : null;
}

/** Rows and columns on show; null without a run. */
export function cellsOnShow(state: State): ShownCells | null {
  const { capture, locus, options } = state;
  if (!capture || !locus) return null;
  const queries = queryUnits(capture, locus.block, options.grouping);
  const keys = keyUnits(capture, locus.block, options.grouping);
  return shownCells(queries, keys, options.specialTokens, shownPredicted(state), options.between);
}

/** A single head's map that is too long to be sent whole. */
export function isLong({ capture, locus }: State): boolean {
  if (!capture || !locus || locus.aggregate !== 'head') return false;
  const queries = queryUnits(capture, locus.block, 'token').length;
  const keys = keyUnits(capture, locus.block, 'token').length;
  return Math.max(queries, keys) > LARGEST_WHOLE_MAP;
}

/** The large map of a head or of an aggregate. */
export function mapPicture(context: FigureContext): Picture | null | Promise<Picture | null> {
  const { state } = context;
  if (isLong(state)) return longPicture(context);
  const map = shownMap(state);
  const shown = cellsOnShow(state);
  if (!map || !shown || !state.locus) return null;
  const { pixels, scale } = viewPalette(state);
  const whole = { codes: map.codes, rows: map.queries, columns: map.keys };
  const received = shown.keys.map(key => map.received[key] ?? 0);
  const sink = map.sink && displaySink(map.sink, shown, scale, largestOfRows(whole));
  const look = { pixels, ramp: weightRamp(state), received, ...(sink ? { sink } : {}) };
  return shownPicture(whole, shown, scale, state.locus, look);
}

/** The whole of a long map from afar. */
async function longPicture({ state, api }: FigureContext): Promise<Picture | null> {
  const { capture, locus } = state;
  if (!capture || !locus) return null;
  const queries = queryUnits(capture, locus.block, 'token');
  const keys = keyUnits(capture, locus.block, 'token');
  const least = Math.ceil(Math.max(queries.length, keys.length) / LONG_SIDE);
  const step = least > BASE_STEP ? Math.ceil(least / BASE_STEP) * BASE_STEP : least;
  const { pixels, scale } = viewPalette(state);
  const tile = await api.call('tile', {
    capture: capture.id,
    ...locus.block,
    layer: locus.layer,
    head: locus.head,
    row: 0,
    column: 0,
    rows: Math.ceil(queries.length / step),
    columns: Math.ceil(keys.length / step),
    step,
    sampled: true,
    relative: scale === 'Row max',
  });
  const names = (units: typeof keys, count: number): string[] =>
    range(count).map(i => units.label(i * step, NAME_LIMIT));
  return gridPicture({
    grid: tile,
    pixels,
    names: { queries: names(queries, tile.rows), keys: names(keys, tile.columns) },
    row: Math.floor(locus.query / step),
    column: locus.key === null ? null : Math.floor(locus.key / step),
    ramp: weightRamp(state),
    note: `Each cell is the maximum of ${step} keys of one of ${step} queries; labels name the first of them.`,
  });
}

/** The exact numbers of every pair on show, row by row. */
async function exactPairs({ state, api }: FigureContext) {
  const { capture, locus, options } = state;
  const shown = cellsOnShow(state);
  if (!capture || !locus || !shown) return null;
  const rows = await exactRows(
    shown.queryTokens,
    shown.keys.length,
    query => api.call('row', rowParams(capture, locus, options.grouping, query)),
    'Save the capture file, which has them all, or the row of one query.',
  );
  const names = shown.names(Number.MAX_SAFE_INTEGER);
  return rows.map((row, i) => {
    const query = { query: shown.queryTokens[i] ?? NaN, queryName: names.queries[i] ?? '' };
    const pairs = shown.keys.map((key, j) => ({
      ...query,
      key: shown.keyTokens[j] ?? NaN,
      keyName: names.keys[j] ?? '',
      weight: row.weights[key] ?? NaN,
      score: row.scores?.[key] ?? '',
      maskedScore: row.maskedScores?.[key] ?? '',
      allowed: row.allowed[key] ?? 0,
    }));
    return row.sink === undefined ? pairs : [...pairs, { ...query, ...SINK, weight: row.sink }];
  });
}

/** What a sink takes stands after the keys of its query. */
const SINK = { key: '', keyName: 'sink', score: '', maskedScore: '', allowed: '' } as const;

type Pair = NonNullable<Awaited<ReturnType<typeof exactPairs>>>[number][number];

const PAIR: Readonly<Record<string, (pair: Pair) => string | number>> = {
  query: pair => pair.query,
  'query token': pair => pair.queryName,
  key: pair => pair.key,
  'key token': pair => pair.keyName,
  weight: pair => pair.weight,
};

/** The exact weights of the map. */
export async function mapTable(context: FigureContext): Promise<FigureTable | null> {
  const pairs = await exactPairs(context);
  return (
    pairs &&
    tableOf(pairs.flat(), {
      ...PAIR,
      score: pair => pair.score,
      'masked score': pair => pair.maskedScore,
      'may attend': pair => pair.allowed,
    })
  );
}

/** The exact weights of all arcs, the strongest of each query first. */
export async function arcsTable(context: FigureContext): Promise<FigureTable | null> {
  const { threshold } = context.state.options;
  const pairs = await exactPairs(context);
  const arcs = pairs?.flatMap(row =>
    row
      .filter(({ key, weight }) => key !== '' && weight >= threshold)
      .sort((a, b) => a.weight - b.weight)
      .reverse(),
  );
  return arcs ? tableOf(arcs, PAIR) : null;
}
