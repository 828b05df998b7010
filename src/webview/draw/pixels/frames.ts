import { surface } from './canvas';
import type { MapGeometry } from '../geometry';
import { isInSight, pixelsOf, type Side } from '../side';

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

/** Draws the query's row (solid), the key's column (dashed) and the cell that is pointed at. */
export function drawFrames(
  canvas: HTMLCanvasElement,
  geometry: MapGeometry,
  frames: Frames,
  inks: FrameInks,
): void {
  const { width, height, down, across, ratio } = geometry;
  const gap = geometry.gap / ratio;
  const context = surface(canvas, width + 2 * FRAME_MARGIN, height + 2 * FRAME_MARGIN, ratio);
  context.translate(FRAME_MARGIN, FRAME_MARGIN);
  const frame = (rows: Span, columns: Span): void => {
    const [w, h] = [columns.length - gap + 3, rows.length - gap + 3];
    context.beginPath();
    context.roundRect(columns.start - 1.5, rows.start - 1.5, w, h, 1.5);
    context.stroke();
  };
  const { query, key, hover } = frames;
  if (key !== null && isInSight(across, key)) {
    context.strokeStyle = inks.key;
    context.lineWidth = 1.5;
    context.setLineDash([4, 3]);
    frame({ start: 0, length: height }, spanOf(across, key, ratio));
    context.setLineDash([]);
  }
  if (query !== null && isInSight(down, query)) {
    context.strokeStyle = inks.query;
    context.lineWidth = 1.5;
    frame(spanOf(down, query, ratio), { start: 0, length: width });
  }
  if (hover) {
    context.strokeStyle = inks.hover;
    context.lineWidth = 1;
    frame(spanOf(down, hover.query, ratio), spanOf(across, hover.key, ratio));
  }
}

/** Part of a side in CSS pixels. */
interface Span {
  readonly start: number;
  readonly length: number;
}

/** Where a cell lies; never so short that its frame could not be seen. */
function spanOf(side: Side, cell: number, ratio: number): Span {
  const { from, to } = pixelsOf(side, cell);
  return { start: from / ratio, length: Math.max(2, (to - from) / ratio) };
}
