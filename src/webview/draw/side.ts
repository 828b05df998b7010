/** Cells in a line on the device's pixels: one side of a picture. Pixels count from the picture's edge. */
export interface Side {
  /** First cell in sight, and how many there are. */
  readonly first: number;
  readonly inSight: number;
  /** Cells that the pixels stand for: more than are in sight where the last pixel has room left. */
  readonly span: number;
  /** Device pixels. */
  readonly pixels: number;
}

/** `[from, to)`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A side that shows all of its cells. */
export const wholeSide = (cells: number, pixels: number): Side => ({
  first: 0,
  inSight: cells,
  span: cells,
  pixels,
});

/** The cells that a pixel shows: one, or several that share it. */
export function cellsAt({ first, inSight, span, pixels }: Side, pixel: number): Range {
  const from = Math.floor((pixel * span) / pixels);
  const to = Math.floor(((pixel + 1) * span) / pixels);
  const last = Math.min(from, inSight - 1);
  return { from: first + last, to: first + Math.min(inSight, Math.max(last + 1, to)) };
}

/** The pixels that show a cell: the inverse of `cellsAt`, also for cells out of sight. */
export function pixelsOf({ first, span, pixels }: Side, cell: number): Range {
  const to = Math.ceil(((cell - first + 1) * pixels) / span);
  return { from: Math.min(to - 1, Math.ceil(((cell - first) * pixels) / span)), to };
}

/** Whether a cell lies in the part on show. */
export const isInSight = ({ first, inSight }: Side, cell: number): boolean =>
  cell >= first && cell < first + inSight;

/**
 * The pixel of a side that is painted under a point; both in CSS pixels, `edge` where the side begins.
 * Browsers move pictures to whole device pixels, so that the edge is rounded.
 */
export function pixelUnder(side: Side, point: number, edge: number, ratio: number): number {
  // Dividing by the ratio and multiplying again may leave a point just short of its pixel.
  const pixel = Math.floor(point * ratio + 1e-3) - Math.round(edge * ratio);
  return Math.max(0, Math.min(side.pixels - 1, pixel));
}
