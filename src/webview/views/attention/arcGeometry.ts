import { linkHorizontal } from 'd3';

/** Height of a token's row in CSS pixels: a target to click. */
export const ARC_ROW = 24;
/** Room between the keys' names and the matrix of all heads. */
const MATRIX_GAP = 8;
/** Columns of the matrix: as wide as there is room for. */
const [NARROWEST_COLUMN, WIDEST_COLUMN] = [6, 18];
/** Room for the arcs themselves, at least. */
const LEAST_SPAN = 64;
/** Width of an arc of weight 1, and of the faintest one, in CSS pixels. */
const [FULL_WIDTH, LEAST_WIDTH] = [12, 0.75];

/** Where things lie across the picture, in CSS pixels from its left edge. */
export interface ArcLayout {
  /** Where arcs leave the queries and reach the keys. */
  readonly left: number;
  readonly right: number;
  readonly matrixLeft: number;
  /** Width of one head's column of the matrix. */
  readonly column: number;
  readonly width: number;
}

/**
 * Shares the width out between the names of the queries, the arcs, the names of the keys and the
 * matrix of the layer's heads.
 */
export function layoutArcs(
  width: number,
  names: { readonly queries: number; readonly keys: number },
  heads: number,
): ArcLayout {
  const room = Math.max(96, width * 0.28) / Math.max(1, heads);
  const column = Math.max(NARROWEST_COLUMN, Math.min(WIDEST_COLUMN, Math.floor(room)));
  const matrix = heads * column;
  const left = names.queries;
  const right = Math.max(left + LEAST_SPAN, width - matrix - MATRIX_GAP - names.keys);
  const matrixLeft = right + names.keys + MATRIX_GAP;
  return { left, right, matrixLeft, column, width: matrixLeft + matrix };
}

/** The ends of an arc. */
export interface ArcEnds {
  readonly source: [number, number];
  readonly target: [number, number];
}

/** The middle of a row, from the top of the first one. */
export const rowMiddle = (place: number): number => (place + 0.5) * ARC_ROW;

/** The ends of the arc from a row to a column's name, `top` pixels scrolled away. */
export const arcEnds = (row: number, column: number, layout: ArcLayout, top = 0): ArcEnds => ({
  source: [layout.left, rowMiddle(row) - top],
  target: [layout.right, rowMiddle(column) - top],
});

/** Line width of an arc, in proportion to its weight. */
export const arcWidth = (weight: number): number => Math.max(LEAST_WIDTH, FULL_WIDTH * weight);

const link = linkHorizontal<unknown, ArcEnds, [number, number]>();

/** Adds an arc to the path of a canvas. */
export function traceArc(context: CanvasRenderingContext2D, ends: ArcEnds): void {
  link.context(context)(ends);
}

/** The arc as the path of an SVG. */
export const arcPath = (ends: ArcEnds): string => link.context(null)(ends) ?? '';
