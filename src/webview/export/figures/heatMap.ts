import { address, mapParams, mapRefusal, shownPredicted } from '../../addresses';
import { BASE_STEP, LARGEST_WHOLE_MAP } from '../../../protocol/tiles';
import { displayCodes } from '../../render/displayMap';
import type { State } from '../../state';
import { keyUnits, queryUnits } from '../../units';
import { viewPalette } from '../../viewPalette';
import { headTitle } from '../../views/attention/headTitle';
import { LABEL_LIMIT } from '../../views/attention/heatMap';
import { shownCells, type ShownCells } from '../../views/attention/shownCells';
import type { FigureContext, FigureSource, Picture } from '../figure';
import { exactRows } from './exactRows';
import { gridPicture } from './gridPicture';
import { weightRamp } from './legend';

/** Cells on a side of the picture of a map that is too long to be sent whole. */
const LONG_SIDE = 1024;

/** The large map of a head or of an aggregate. */
export const heatMapFigure: FigureSource = {
  id: 'map',
  title: state =>
    state.locus && state.options.picture === 'map' && (shownMap(state) || isLong(state))
      ? `Heat map, ${headTitle(state.locus).toLowerCase()}`
      : null,
  picture: context =>
    isLong(context.state) ? drawLong(context) : Promise.resolve(draw(context.state)),
  table: async context => {
    const { state } = context;
    const shown = cellsOnShow(state);
    const rows = await exactRows(context, shown.queryTokens, shown.keys.length);
    const names = shown.names(Number.MAX_SAFE_INTEGER);
    return {
      columns: [
        'query',
        'query token',
        'key',
        'key token',
        'weight',
        'score',
        'masked score',
        'may attend',
      ],
      rows: rows.flatMap((row, i) =>
        shown.keys.map((key, j) => [
          shown.queryTokens[i] ?? NaN,
          names.queries[i] ?? '',
          shown.keyTokens[j] ?? NaN,
          names.keys[j] ?? '',
          row.weights[key] ?? NaN,
          row.scores?.[key] ?? '',
          row.maskedScores?.[key] ?? '',
          row.allowed[key] ?? 0,
        ]),
      ),
    };
  },
};

/** The map on show; null while it is on its way or where there is none. */
export function shownMap(state: State) {
  const { capture, locus, map, options } = state;
  if (!capture || !locus || !map || mapRefusal(state) !== null) return null;
  return map.at === address(mapParams(capture.id, locus, options.grouping)) ? map.value : null;
}

/** Rows and columns on show. */
export function cellsOnShow(state: State): ShownCells {
  const { capture, locus, options } = state;
  if (!capture || !locus) throw new Error('There is no map.');
  const queries = queryUnits(capture, locus.block, options.grouping);
  const keys = keyUnits(capture, locus.block, options.grouping);
  return shownCells(queries, keys, options.specialTokens, shownPredicted(state));
}

/** A single head's map that is too long to be sent whole. */
function isLong({ capture, locus }: State): boolean {
  if (!capture || !locus || locus.aggregate !== 'head') return false;
  const queries = queryUnits(capture, locus.block, 'token').length;
  const keys = keyUnits(capture, locus.block, 'token').length;
  return Math.max(queries, keys) > LARGEST_WHOLE_MAP;
}

function draw(state: State): Picture {
  const map = shownMap(state);
  if (!map) throw new Error('There is no map.');
  const shown = cellsOnShow(state);
  const palette = viewPalette(state);
  const whole = { codes: map.codes, rows: map.queries, columns: map.keys };
  return gridPicture({
    grid: displayCodes(whole, shown, palette.scale),
    pixels: palette.pixels,
    names: shown.names(LABEL_LIMIT),
    marks: {
      row: shown.rowOf.get(state.locus?.query ?? -1) ?? null,
      column: shown.columnOf.get(state.locus?.key ?? -1) ?? null,
    },
    ramp: weightRamp(state),
    received: shown.keys.map(key => map.received[key] ?? 0),
  });
}

/** The whole of a long map from afar. */
async function drawLong({ state, api }: FigureContext): Promise<Picture> {
  const { capture, locus } = state;
  if (!capture || !locus) throw new Error('There is no map.');
  const queries = queryUnits(capture, locus.block, 'token');
  const keys = keyUnits(capture, locus.block, 'token');
  const least = Math.ceil(Math.max(queries.length, keys.length) / LONG_SIDE);
  const step = least > BASE_STEP ? Math.ceil(least / BASE_STEP) * BASE_STEP : least;
  const palette = viewPalette(state);
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
    relative: palette.scale === 'Row max',
  });
  const names = (units: typeof keys, count: number): string[] =>
    Array.from({ length: count }, (_, i) => units.label(i * step, LABEL_LIMIT));
  return gridPicture({
    grid: tile,
    pixels: palette.pixels,
    names: { queries: names(queries, tile.rows), keys: names(keys, tile.columns) },
    marks: {
      row: Math.floor(locus.query / step),
      column: locus.key === null ? null : Math.floor(locus.key / step),
    },
    ramp: weightRamp(state),
    note: `Each cell is the maximum of ${step} keys of one of ${step} queries; labels name the first of them.`,
  });
}
