import type { ScaleName } from './color/palette';
import { BLOCKED } from '../../protocol/weightCode';
import { displayCodes } from './pixels/displayMap';
import { labelledCells } from './geometry';
import type { CodeGrid } from './pixels/pool';
import { monoWidth } from './textWidth';
import type { ShownCells } from './shownCells';
import { cellMarks, MOST_RECTS, squareMarks } from './cells';
import { LEGEND, legendMarks, type Ramp } from './legend';
import { INK, lettering, mark, shifted, shape, type Mark, type Picture } from './marks';

/** Longest name of a row or column. */
export const NAME_LIMIT = 14;
const LARGEST_CELL = 24;
/** Width of the cells; above as many weights, each has one pixel. */
const WIDTH = 960;
const FONT_SIZE = 11.5;
const LABEL_ROOM = 12;
const RECEIVED = 22;
/** What parts the column of a sink from the keys, and its width. */
const SINK_GAP = 12;
const SINK_WIDTH = 16;

/** A map of queries by keys as it is to be drawn. */
export interface GridFigure {
  readonly grid: CodeGrid;
  /** Packed colours by code. */
  readonly pixels: Uint32Array;
  readonly names: { readonly queries: readonly string[]; readonly keys: readonly string[] };
  /** Row and column that stand out. */
  readonly row: number | null;
  readonly column: number | null;
  readonly ramp: Ramp;
  /** What each key receives, by column. */
  readonly received?: readonly number[];
  /** Codes of what a sink takes of each row; its column stands apart from the keys. */
  readonly sink?: Uint8Array;
  readonly note?: string;
  /** Cells that show a fault and those that are no numbers: 1 each `[rows, columns]`. */
  readonly framed?: Uint8Array;
  readonly crossed?: Uint8Array;
  /** The cells right of the diagonal are parted from the others. */
  readonly hasStairs?: boolean;
  /** Width for names and cells; that of a file where absent. */
  readonly room?: number;
}

/** The rows and columns on show of a map, with those of the locus's tokens marked. */
export function shownPicture(
  whole: CodeGrid,
  shown: ShownCells,
  scale: ScaleName,
  at: { readonly query: number | null; readonly key: number | null },
  look: Pick<GridFigure, 'pixels' | 'ramp' | 'received' | 'sink'>,
): Picture {
  return gridPicture({
    ...look,
    grid: displayCodes(whole, shown, scale),
    names: shown.names(NAME_LIMIT),
    row: shown.rowOf.get(at.query ?? -1) ?? null,
    column: shown.columnOf.get(at.key ?? -1) ?? null,
  });
}

/** Draws a map with its names, the frames of the locus, what keys receive, and its legend. */
export function gridPicture(figure: GridFigure): Picture {
  const { grid, pixels, names, row, column, ramp, received, sink, note = '' } = figure;
  const left = Math.ceil(longest(names.queries)) + 10;
  const space = figure.room === undefined ? WIDTH : figure.room - left - 2;
  const cell = Math.max(1, Math.min(LARGEST_CELL, space / Math.max(grid.rows, grid.columns)));
  const [width, height] = [grid.columns * cell, grid.rows * cell];
  const top = Math.ceil(longest(names.keys)) + 10;
  const below = top + height + (received ? RECEIVED : 0) + 10;
  const legendWidth =
    figure.room === undefined ? LEGEND.width : Math.min(LEGEND.width, figure.room);
  const isImage = grid.rows * grid.columns > MOST_RECTS;
  return {
    width: Math.max(left + width + 2 + (sink ? SINK_GAP + SINK_WIDTH : 0), legendWidth),
    height: below + LEGEND.height,
    marks: [
      ...labels(figure, left, top, cell),
      shifted(left, top, squareMarks(grid, pixels, cell), 'cells'),
      ...(sink ? sinkMarks(sink, pixels, cell, left + width + SINK_GAP, top) : []),
      shifted(left, top, [
        ...(column === null ? [] : [frame([column * cell, 0], [cell, height], INK.key, '4 3')]),
        ...(row === null ? [] : [frame([0, row * cell], [width, cell], INK.query)]),
        ...(received ? bars(received, column, cell, height + 4) : []),
        ...faultMarks(figure, cell),
      ]),
      shifted(0, below, legendMarks(ramp, grid.codes.includes(BLOCKED))),
    ],
    note: [note, isImage ? 'The cells are a picture with one pixel for each weight.' : '']
      .filter(Boolean)
      .join(' '),
  };
}

const longest = (names: readonly string[]): number =>
  names.reduce((most, name) => Math.max(most, monoWidth(name, FONT_SIZE)), 0);

const word = lettering('mono', FONT_SIZE);

function labels(
  { names, row, column }: GridFigure,
  left: number,
  top: number,
  cell: number,
): Mark[] {
  const chosen = (of: readonly string[], marked: number | null): number[] =>
    labelledCells(of.length, cell, LABEL_ROOM, marked === null ? [] : [marked]);
  return [
    ...chosen(names.queries, row).map(i => {
      const at = { x: left - 6, y: top + (i + 0.5) * cell + 4, 'text-anchor': 'end' };
      return word(names.queries[i] ?? '', at, i === row ? INK.query : INK.text);
    }),
    ...chosen(names.keys, column).map(i => {
      const x = Math.round(left + (i + 0.5) * cell + 4);
      const at = { transform: `translate(${x},${top - 6}) rotate(-90)` };
      return word(names.keys[i] ?? '', at, i === column ? INK.key : INK.text);
    }),
  ];
}

const frame = (
  [x, y]: readonly [number, number],
  [width, height]: readonly [number, number],
  stroke: string,
  dashes?: string,
): Mark =>
  mark('rect', {
    x: x - 1.5,
    y: y - 1.5,
    width: width + 2,
    height: height + 2,
    fill: 'none',
    stroke,
    'stroke-width': 1.5,
    'stroke-dasharray': dashes,
  });

/** Frames around what shows a fault, crosses through what is no number, and the edge of what lies ahead. */
function faultMarks({ grid, framed, crossed, hasStairs }: GridFigure, cell: number): Mark[] {
  const thin = cell < 8 ? 1 : 1.5;
  const side = cell - (cell >= 7 ? 1 : 0);
  const at = (i: number): readonly [number, number] => [
    (i % grid.columns) * cell,
    Math.floor(i / grid.columns) * cell,
  ];
  const stroke = { fill: 'none', 'stroke-width': thin } as const;
  const marked = (cells: Uint8Array | undefined, draw: (x: number, y: number) => Mark): Mark[] =>
    Array.from(cells ?? []).flatMap((is, i) => (is === 1 ? draw(...at(i)) : []));
  const steps = Array.from({ length: Math.min(grid.rows, grid.columns) }, (_, i) => {
    const [x, y] = [(i + 1) * cell - 0.5, (i + 1) * cell - 0.5];
    return `H${x}V${y}`;
  });
  return [
    ...marked(framed, (x, y) =>
      mark('rect', {
        x: x + 0.5,
        y: y + 0.5,
        width: side - 1,
        height: side - 1,
        ...stroke,
        stroke: INK.wrong,
      }),
    ),
    ...marked(crossed, (x, y) =>
      mark('path', {
        d: `M${x + 2} ${y + 2}L${x + side - 2} ${y + side - 2}M${x + side - 2} ${y + 2}L${x + 2} ${y + side - 2}`,
        ...stroke,
        stroke: INK.wrong,
      }),
    ),
    ...(hasStairs
      ? [
          mark('path', {
            d: `M0 -0.5${steps.join('')}`,
            ...stroke,
            'stroke-width': 1,
            stroke: INK.muted,
            'stroke-dasharray': '3 3',
          }),
        ]
      : []),
  ];
}

/** The column of a sink with its name. */
function sinkMarks(
  sink: Uint8Array,
  pixels: Uint32Array,
  cell: number,
  left: number,
  top: number,
): Mark[] {
  const grid = { codes: sink, rows: sink.length, columns: 1 };
  const size = { width: SINK_WIDTH, height: cell, gap: cell > 6 ? 1 : 0 };
  return [
    shifted(left, top, cellMarks({ grid, pixels, ...size, hasHatch: false }), 'sink'),
    word('sink', { transform: `translate(${left + 12},${top - 6}) rotate(-90)` }, INK.text),
  ];
}

/** What each key receives, under its column, relative to the largest. */
function bars(
  received: readonly number[],
  marked: number | null,
  cell: number,
  top: number,
): Mark[] {
  const most = received.reduce((a, b) => Math.max(a, b), 0) || 1;
  const width = Math.max(1, Math.min(7, cell - 2));
  return received.map((value, i) => {
    const at = { x: (i + 0.5) * cell - width / 2, y: top, width };
    const height = 1 + (value / most) * (RECEIVED - 4);
    return shape('rect', { ...at, height }, i === marked ? INK.key : INK.muted);
  });
}
