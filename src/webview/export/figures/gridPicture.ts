import { BLOCKED } from '../../../protocol/weightCode';
import { labelledCells } from '../../render/geometry';
import type { CodeGrid } from '../../render/pool';
import { monoWidth } from '../../render/textWidth';
import type { Picture } from '../figure';
import { MONO, readInks, type Inks } from '../inks';
import { tag, text } from '../svg';
import { cellsMarkup, MOST_RECTS } from './cells';
import { LEGEND_HEIGHT, LEGEND_WIDTH, legendMarkup, type Ramp } from './legend';

const LARGEST_CELL = 24;
/** Width of the cells; above as many weights, each has one pixel. */
const WIDTH = 960;
const FONT_SIZE = 11.5;
const LABEL_ROOM = 12;
const RECEIVED = 22;

/** Row and column that stand out. */
interface Marks {
  readonly row: number | null;
  readonly column: number | null;
}

/** A map of queries by keys as it is to be drawn. */
export interface GridFigure {
  readonly grid: CodeGrid;
  /** Packed colours by code. */
  readonly pixels: Uint32Array;
  readonly names: { readonly queries: readonly string[]; readonly keys: readonly string[] };
  readonly marks: Marks;
  readonly ramp: Ramp;
  /** What each key receives, by column. */
  readonly received?: readonly number[];
  readonly note?: string;
}

/** Draws a map with its names, the frames of the locus, what keys receive, and its legend. */
export function gridPicture(figure: GridFigure): Picture {
  const { grid, pixels, names, marks, ramp, received, note } = figure;
  const inks = readInks();
  const cell = Math.max(1, Math.min(LARGEST_CELL, WIDTH / Math.max(grid.rows, grid.columns)));
  const [width, height] = [grid.columns * cell, grid.rows * cell];
  const left = Math.ceil(longest(names.queries)) + 10;
  const top = Math.ceil(longest(names.keys)) + 10;
  const below = top + height + (received ? RECEIVED : 0) + 10;
  const notes = [
    note ?? '',
    grid.rows * grid.columns > MOST_RECTS
      ? 'The cells are a picture with one pixel for each weight.'
      : '',
  ];
  return {
    width: Math.max(left + width, LEGEND_WIDTH),
    height: below + LEGEND_HEIGHT,
    content: [
      labels(names, marks, inks, { left, top, cell }),
      tag(
        'g',
        { transform: `translate(${left},${top})`, id: 'cells' },
        cellsMarkup(grid, pixels, cell),
      ),
      tag(
        'g',
        { transform: `translate(${left},${top})` },
        frames(marks, inks, { cell, width, height }),
        received ? bars(received, marks.column, inks, { cell, top: height + 4 }) : '',
      ),
      tag(
        'g',
        { transform: `translate(0,${below})` },
        legendMarkup(ramp, inks, grid.codes.includes(BLOCKED)),
      ),
    ].join(''),
    note: notes.filter(Boolean).join(' '),
  };
}

const longest = (names: readonly string[]): number =>
  names.reduce((most, name) => Math.max(most, monoWidth(name, FONT_SIZE)), 0);

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
