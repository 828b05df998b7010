import { address, mapParams, mapRefusal, shownPredicted } from '../../addresses';
import { BLOCKED } from '../../../protocol/weightCode';
import { displayCodes } from '../../render/displayMap';
import { labelledCells } from '../../render/geometry';
import { monoWidth } from '../../render/textWidth';
import type { State } from '../../state';
import { keyUnits, queryUnits } from '../../units';
import { viewPalette } from '../../viewPalette';
import { headTitle } from '../../views/attention/headTitle';
import { LABEL_LIMIT } from '../../views/attention/heatMap';
import { shownCells, type ShownCells } from '../../views/attention/shownCells';
import type { FigureSource, Picture } from '../figure';
import { MONO, readInks, type Inks } from '../inks';
import { tag, text } from '../svg';
import { cellsMarkup, MOST_RECTS } from './cells';
import { exactRows } from './exactRows';
import { LEGEND_HEIGHT, legendMarkup } from './legend';

const LARGEST_CELL = 24;
/** Width of the cells; above as many weights, each has one pixel. */
const WIDTH = 960;
const FONT_SIZE = 11.5;
const LABEL_ROOM = 12;
const RECEIVED = 22;

/** The large map of a head or of an aggregate. */
export const heatMapFigure: FigureSource = {
  id: 'map',
  title: state =>
    state.locus && state.options.picture === 'map' && shownMap(state)
      ? `Heat map, ${headTitle(state.locus).toLowerCase()}`
      : null,
  picture: ({ state }) => Promise.resolve(draw(state)),
  table: async context => {
    const { state } = context;
    const { shown } = shownParts(state);
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
function shownMap(state: State) {
  const { capture, locus, map, options } = state;
  if (!capture || !locus || !map || mapRefusal(state) !== null) return null;
  return map.at === address(mapParams(capture.id, locus, options.grouping)) ? map.value : null;
}

function shownParts(state: State): { shown: ShownCells } {
  const { capture, locus, options } = state;
  if (!capture || !locus) throw new Error('There is no map.');
  const queries = queryUnits(capture, locus.block, options.grouping);
  const keys = keyUnits(capture, locus.block, options.grouping);
  return { shown: shownCells(queries, keys, options.specialTokens, shownPredicted(state)) };
}

function draw(state: State): Picture {
  const map = shownMap(state);
  const { shown } = shownParts(state);
  if (!map) throw new Error('There is no map.');
  const inks = readInks();
  const palette = viewPalette(state);
  const whole = { codes: map.codes, rows: map.queries, columns: map.keys };
  const grid = displayCodes(whole, shown, palette.scale);
  const cell = Math.max(1, Math.min(LARGEST_CELL, WIDTH / Math.max(grid.rows, grid.columns)));
  const [width, height] = [grid.columns * cell, grid.rows * cell];
  const names = shown.names(LABEL_LIMIT);
  const left = Math.ceil(longest(names.queries)) + 10;
  const top = Math.ceil(longest(names.keys)) + 10;
  const marks = marksOf(state, shown);
  const received = shown.keys.map(key => map.received[key] ?? 0);
  return {
    width: left + width,
    height: top + height + RECEIVED + 10 + LEGEND_HEIGHT,
    content: [
      labels(names, marks, inks, { left, top, cell }),
      tag(
        'g',
        { transform: `translate(${left},${top})`, id: 'cells' },
        cellsMarkup(grid, palette, cell),
      ),
      tag(
        'g',
        { transform: `translate(${left},${top})` },
        frames(marks, inks, { cell, width, height }),
        bars(received, marks.column, inks, { cell, top: height + 4 }),
      ),
      tag(
        'g',
        { transform: `translate(0,${top + height + RECEIVED + 10})` },
        legendMarkup(state, inks, grid.codes.includes(BLOCKED)),
      ),
    ].join(''),
    ...(grid.rows * grid.columns > MOST_RECTS
      ? { note: 'The cells are a picture with one pixel for each weight.' }
      : {}),
  };
}

const longest = (names: readonly string[]): number =>
  names.reduce((most, name) => Math.max(most, monoWidth(name, FONT_SIZE)), 0);

/** Row and column of the locus. */
function marksOf({ locus }: State, shown: ShownCells) {
  return {
    row: shown.rowOf.get(locus?.query ?? -1) ?? null,
    column: shown.columnOf.get(locus?.key ?? -1) ?? null,
  };
}
type Marks = ReturnType<typeof marksOf>;

function labels(
  names: { readonly queries: readonly string[]; readonly keys: readonly string[] },
  { row, column }: Marks,
  inks: Inks,
  { left, top, cell }: { left: number; top: number; cell: number },
): string {
  const font = { 'font-family': MONO, 'font-size': FONT_SIZE };
  const chosen = (count: number, marked: number | null): number[] =>
    labelledCells(count, cell, LABEL_ROOM, marked === null ? [] : [marked]);
  const rows = chosen(names.queries.length, row).map(i =>
    text(names.queries[i] ?? '', {
      x: left - 6,
      y: top + (i + 0.5) * cell + 4,
      'text-anchor': 'end',
      fill: i === row ? inks.query : inks.text,
      ...font,
    }),
  );
  const columns = chosen(names.keys.length, column).map(i =>
    text(names.keys[i] ?? '', {
      transform: `translate(${Math.round(left + (i + 0.5) * cell + 4)},${top - 6}) rotate(-90)`,
      fill: i === column ? inks.key : inks.text,
      ...font,
    }),
  );
  return [...rows, ...columns].join('');
}

function frames(
  { row, column }: Marks,
  inks: Inks,
  { cell, width, height }: { cell: number; width: number; height: number },
): string {
  const frame = (x: number, y: number, w: number, h: number, stroke: string, dashed: boolean) =>
    tag('rect', {
      x: x - 1.5,
      y: y - 1.5,
      width: w + 2,
      height: h + 2,
      fill: 'none',
      stroke,
      'stroke-width': 1.5,
      'stroke-dasharray': dashed ? '4 3' : undefined,
    });
  return [
    column === null ? '' : frame(column * cell, 0, cell, height, inks.key, true),
    row === null ? '' : frame(0, row * cell, width, cell, inks.query, false),
  ].join('');
}

/** What each key receives, under its column, relative to the largest. */
function bars(
  received: readonly number[],
  marked: number | null,
  inks: Inks,
  { cell, top }: { cell: number; top: number },
): string {
  const most = received.reduce((a, b) => Math.max(a, b), 0) || 1;
  const width = Math.max(1, Math.min(7, cell - 2));
  return received
    .map((value, i) =>
      tag('rect', {
        x: (i + 0.5) * cell - width / 2,
        y: top,
        width,
        height: 1 + (value / most) * (RECEIVED - 4),
        fill: i === marked ? inks.key : inks.muted,
      }),
    )
    .join('');
}
