import { surface } from './canvas';
import type { MapGeometry } from './geometry';

/** Inks of the frames, read from the theme. */
export interface FrameInks {
  readonly query: string;
  readonly key: string;
  readonly hover: string;
}

export interface Frames {
  /** Row and column of the locus; null where hidden or cleared. */
  readonly query: number | null;
  readonly key: number | null;
  /** Cell that is pointed at. */
  readonly hover: { readonly query: number; readonly key: number } | null;
}

/** Room around the cells that the frames may use. */
export const FRAME_MARGIN = 3;

/** Whether a row or column lies in the part of the map on show. */
const inSight = (index: number, first: number, count: number): boolean =>
  index >= first && index < first + count;

/** Draws the query's row (solid), the key's column (dashed) and the cell that is pointed at. */
export function drawFrames(
  canvas: HTMLCanvasElement,
  geometry: MapGeometry,
  frames: Frames,
  inks: FrameInks,
  ratio: number,
): void {
  const { width, height, cell, firstRow, firstColumn } = geometry;
  const gap = geometry.gap / ratio;
  const context = surface(canvas, width + 2 * FRAME_MARGIN, height + 2 * FRAME_MARGIN, ratio);
  context.translate(FRAME_MARGIN, FRAME_MARGIN);
  const x = (column: number): number => (column - firstColumn) * cell;
  const y = (row: number): number => (row - firstRow) * cell;
  const frame = (left: number, top: number, w: number, h: number): void => {
    context.beginPath();
    context.roundRect(left - 1.5, top - 1.5, w - gap + 3, h - gap + 3, 1.5);
    context.stroke();
  };
  const side = Math.max(cell, 2);
  if (frames.key !== null && inSight(frames.key, firstColumn, geometry.columnsInSight)) {
    context.strokeStyle = inks.key;
    context.lineWidth = 1.5;
    context.setLineDash([4, 3]);
    frame(x(frames.key), 0, side, height);
    context.setLineDash([]);
  }
  if (frames.query !== null && inSight(frames.query, firstRow, geometry.rowsInSight)) {
    context.strokeStyle = inks.query;
    context.lineWidth = 1.5;
    frame(0, y(frames.query), width, side);
  }
  if (frames.hover) {
    context.strokeStyle = inks.hover;
    context.lineWidth = 1;
    frame(x(frames.hover.key), y(frames.hover.query), side, side);
  }
}
