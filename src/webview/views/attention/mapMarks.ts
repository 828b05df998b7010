import { drawAxes } from '../../draw/axes';
import { drawMarginal } from '../../draw/pixels/marginal';
import { drawFrames } from '../../draw/pixels/overlay';
import type { State } from '../../app/state';
import { themeColor } from '../../kit/theme';
import { LABEL_LIMIT, type DrawnMap } from './mapLayout';

/** Row or column of a token; null where it is hidden or there is none. */
export const placeOf = (
  order: ReadonlyMap<number, number>,
  index: number | null | undefined,
): number | null => (index === null || index === undefined ? null : (order.get(index) ?? null));

/** Rows and columns that stand out and that are pointed at; null where there is none on show. */
interface MarkedPlaces {
  readonly row: number | null;
  readonly column: number | null;
  readonly overRow: number | null;
  readonly overColumn: number | null;
}

/** Draws the names of rows and columns, at most `limit` letters long, and the frames. */
export function drawMarked(
  { axes, frames }: { readonly axes: SVGSVGElement; readonly frames: HTMLCanvasElement },
  { geometry, shown, left, top }: Pick<DrawnMap, 'geometry' | 'shown' | 'left' | 'top'>,
  { row, column, overRow, overColumn }: MarkedPlaces,
  limit: number,
  sparse = false,
): void {
  const { queries, keys } = shown.names(limit);
  drawAxes(
    axes,
    geometry,
    { left, top },
    { labels: queries, dim: shown.specialRows, marked: row, hovered: overRow, sparse },
    { labels: keys, dim: shown.specialColumns, marked: column, hovered: overColumn, sparse },
  );
  const hover =
    overRow === null || overColumn === null ? null : { query: overRow, key: overColumn };
  const inks = {
    query: themeColor('--q'),
    key: themeColor('--k'),
    hover: themeColor('--vscode-foreground'),
  };
  drawFrames(frames, geometry, { query: row, key: column, hover }, inks);
}

/** Labels and frames: what follows the locus and the pointer. */
export function drawPointers(
  { locus, preview }: State,
  drawn: DrawnMap,
  parts: { readonly axes: SVGSVGElement; readonly frames: HTMLCanvasElement },
): void {
  if (!locus) return;
  const { rowOf, columnOf } = drawn.shown;
  const overColumn = placeOf(columnOf, preview?.key);
  const overRow = placeOf(rowOf, preview && (preview.query ?? locus.query));
  const places = {
    row: placeOf(rowOf, locus.query),
    column: placeOf(columnOf, locus.key),
    overRow: overColumn === null ? null : overRow,
    overColumn,
  };
  drawMarked(parts, drawn, places, LABEL_LIMIT, drawn.isTiled);
}

/** What each key receives, under its column. */
export function drawReceived(
  { locus, map }: State,
  { geometry, shown }: DrawnMap,
  canvas: HTMLCanvasElement,
): void {
  if (!locus || !map) return;
  const received = shown.keys.map(index => map.value.received[index] ?? 0);
  const inks = { bar: themeColor('--marginal'), key: themeColor('--k') };
  const key = placeOf(shown.columnOf, locus.key);
  drawMarginal(canvas, geometry, received, key, inks);
}
