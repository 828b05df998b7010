import type { Highlight, MatrixContent } from './chartContent';
import { monoWidth } from './textWidth';
import { cellMarks, MOST_RECTS } from './cells';
import { chartWords, FILE, markedRule, markInk, type ChartLook } from './chartLook';
import { LEGEND, legendMarks, type Ramp } from './legend';
import { INK, mark, shifted, type Ink, type Mark, type Picture } from './marks';

/** Where the cells of a picture of numbers lie, in CSS pixels. */
export interface CellBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
}

/** Ticks and names around the cells; `edges` is room for strokes below them. */
export function matrixAxes(
  content: MatrixContent,
  box: CellBox,
  look: ChartLook,
  edges = 0,
): Mark[] {
  const { left, top, width, height, cellWidth, cellHeight } = box;
  const { rowTicks, columnTicks, rowName, columnName } = content;
  const { gap, drop, name, size } = look;
  const word = chartWords(look);
  const below = top + height + look.below.cells + edges;
  const nameWidth = columnName === '' || name ? 0 : monoWidth(columnName, size) + 10;
  const isFree = (at: number): boolean =>
    nameWidth === 0 || (at + 0.5) * cellWidth < width - nameWidth - 8;
  const middle = (text: string, at: number): number => {
    const x = left + (at + 0.5) * cellWidth;
    return name ? x : Math.min(left + width - monoWidth(text, size) / 2, x);
  };
  return [
    ...rowTicks.map(({ at, text, isStrong }) => {
      const y = top + (at + 0.5) * cellHeight + drop;
      return word(text, left - gap, y, 'end', isStrong && !name);
    }),
    ...columnTicks
      .filter(({ at }) => isFree(at))
      .map(({ at, text, isStrong }) =>
        word(text, middle(text, at), below, 'middle', isStrong && !name),
      ),
    word(rowName, left - gap, top - (name ? 8 : 6), 'end', false, INK.muted),
    word(
      columnName,
      left + width + (name?.cells ?? 0),
      below,
      name ? 'start' : 'end',
      false,
      INK.muted,
    ),
  ];
}

/**
 * A row, a column or a cell that stands out; nothing where it is not on show.
 * @param beside room right of the cells that a line goes on through
 */
export function highlightMarks(
  { shape, ink, row, column, label }: Highlight,
  { grid }: MatrixContent,
  box: CellBox,
  look: ChartLook,
  beside = 0,
): Mark[] {
  const { left, top, width, height, cellWidth, cellHeight } = box;
  const isOutside =
    (row !== undefined && (row < 0 || row >= grid.rows)) ||
    (column !== undefined && (column < 0 || column >= grid.columns));
  if (isOutside) return [];
  if (shape === 'line') {
    const y = top + ((row ?? 0) + 0.5) * cellHeight;
    return [markedRule([left, y], [left + width + beside, y], ink)];
  }
  const x = left + (column ?? 0) * cellWidth;
  const y = top + (row ?? 0) * cellHeight;
  const around = look.hasHalo ? 1 : 0;
  const frame = (stroke: Ink, wide: number, dashes?: string): Mark =>
    mark('rect', {
      x: x - around,
      y: y - around,
      width: (column === undefined ? width : cellWidth) + 2 * around,
      height: (row === undefined ? height : cellHeight) + 2 * around,
      fill: 'none',
      stroke,
      'stroke-width': wide,
      'stroke-dasharray': dashes,
    });
  const middle = Math.max(left + 16, Math.min(left + width - 16, x + cellWidth / 2));
  return [
    ...(look.hasHalo ? [frame('--vscode-editor-background', 3)] : []),
    frame(markInk(ink), look.frame, ink === 'key' ? '4 3' : undefined),
    ...(label === undefined ? [] : [chartWords(look)(label, middle, top - 6, 'middle', true)]),
  ];
}

const WIDTH = 640;
const SMALLEST_HEIGHT = 200;
const LEFT = 34;
const TOP = 18;
const BOTTOM = 22;

/** A picture of numbers with its ticks, highlights and legend, for a file. */
export function matrixPicture(
  content: MatrixContent,
  highlights: readonly Highlight[],
  ramp: Ramp,
): Picture {
  const { grid, pixels, hasHatch } = content;
  const isSquare = content.height === 'square';
  const width = isSquare ? WIDTH * 0.7 : WIDTH;
  const height =
    content.height === 'square' ? width : Math.max(SMALLEST_HEIGHT, content.height * 1.5);
  const [cellWidth, cellHeight] = [width / grid.columns, height / grid.rows];
  const box = { left: LEFT, top: TOP, width, height, cellWidth, cellHeight };
  const below = TOP + height + BOTTOM;
  const isImage = grid.rows * grid.columns > MOST_RECTS;
  const raster = { grid, pixels, width: cellWidth, height: cellHeight };
  return {
    width: LEFT + width + 70,
    height: below + LEGEND.height,
    marks: [
      shifted(LEFT, TOP, cellMarks({ ...raster, hasHatch: hasHatch && !isImage }), 'cells'),
      ...matrixAxes(content, box, FILE),
      ...highlights.flatMap(one => highlightMarks(one, content, box, FILE)),
      shifted(0, below, legendMarks(ramp, hasHatch && grid.codes.includes(0))),
    ],
  };
}
