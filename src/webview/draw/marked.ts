import { drawAxes } from './axes';
import { drawFrames } from './pixels/frames';
import { themeColor } from '../kit/theme';
import type { MapGeometry } from './geometry';
import type { ShownCells } from './shownCells';

/** Row or column of a token; null where it is hidden or there is none. */
export const placeOf = (
  order: ReadonlyMap<number, number>,
  index: number | null | undefined,
): number | null => (index === null || index === undefined ? null : (order.get(index) ?? null));

/** A map as it was laid out, with its names. */
interface NamedMap {
  readonly geometry: MapGeometry;
  readonly shown: ShownCells;
  readonly left: number;
  readonly top: number;
}

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
  { geometry, shown, left, top }: NamedMap,
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
