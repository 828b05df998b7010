import type { HeadSource } from '../../tiles/headSource';
import { filled, type MapView, type TileInView } from '../../tiles/mapView';
import { TILE, type TileCache } from '../../tiles/tileCache';
import { paintCells, type Target } from './paintCells';
import type { Hatch } from './hatch';
import type { CodeGrid } from './pool';
import { cut } from './pyramid';

/** How the cells of a view are painted. */
export interface TilePaint {
  readonly image: Uint32Array;
  /** Device pixels in a row of the image. */
  readonly stride: number;
  readonly colors: Uint32Array;
  readonly hatch: Hatch;
  readonly pitch: number;
  readonly gap: number;
}

/**
 * Paints what is known of a view. Where its tiles are not there yet, those of coarser levels stand
 * in; what nobody knows stays empty.
 */
export function paintTiles(
  source: HeadSource,
  cache: TileCache,
  view: MapView,
  paint: TilePaint,
): void {
  for (const tile of source.tiles(view)) {
    const cached = cache.get(tile.address);
    const known = Math.max(tile.top, Math.min(filled(cached), tile.bottom));
    if (known < tile.bottom) {
      const rest = { ...tile, top: known };
      for (const step of source.coarserThan(view)) paintCoarser(rest, step, cache, view, paint);
    }
    if (!cached || known === tile.top) continue;
    const { top, left } = tile;
    const rect = { row: top, column: left, rows: known - top, columns: tile.right - left };
    paintCells(targetOf(tile, top, left, view, paint), cut(cached, rect), ...inksOf(paint));
  }
}

const inksOf = ({ colors, hatch, pitch, gap }: TilePaint) => [colors, hatch, pitch, gap] as const;

/** Where a cell of a tile is painted. */
function targetOf(
  { address }: TileInView,
  row: number,
  column: number,
  view: MapView,
  { image, stride, pitch }: TilePaint,
): Target {
  return {
    image,
    stride,
    left: (address.column * TILE + column - view.column / view.step) * pitch,
    top: (address.row * TILE + row - view.row / view.step) * pitch,
  };
}

/** Paints the rest of a tile from one coarser level, each of its tiles where it covers the rest. */
function paintCoarser(
  tile: TileInView,
  step: number,
  cache: TileCache,
  view: MapView,
  paint: TilePaint,
): void {
  const { address, top, bottom, left, right } = tile;
  const fine = address.step;
  /** The coarse cell that a row or column of cells of the tile lies in. */
  const coarse = (index: number, of: number): number =>
    Math.floor(((of * TILE + index) * fine) / step);
  const rows = { from: coarse(top, address.row), to: coarse(bottom - 1, address.row) };
  const columns = { from: coarse(left, address.column), to: coarse(right - 1, address.column) };
  for (let row = Math.floor(rows.from / TILE); row * TILE <= rows.to; row++) {
    for (let column = Math.floor(columns.from / TILE); column * TILE <= columns.to; column++) {
      const cached = cache.get({ ...address, step, row, column });
      if (!cached) continue;
      /** The cells of the tile that lie in so many rows or columns of the coarse tile. */
      const span = (first: number, end: number, of: number, coarseOf: number, count: number) => ({
        first: Math.max(first, Math.ceil((coarseOf * TILE * step) / fine) - of * TILE),
        end: Math.min(end, Math.ceil(((coarseOf * TILE + count) * step) / fine) - of * TILE),
      });
      const down = span(top, bottom, address.row, row, filled(cached));
      const across = span(left, right, address.column, column, cached.columns);
      if (down.first >= down.end || across.first >= across.end) continue;
      const grid = enlarged(
        cached,
        range(down, index => coarse(index, address.row) - row * TILE),
        range(across, index => coarse(index, address.column) - column * TILE),
      );
      paintCells(targetOf(tile, down.first, across.first, view, paint), grid, ...inksOf(paint));
    }
  }
}

const range = (
  { first, end }: { readonly first: number; readonly end: number },
  of: (index: number) => number,
): Int32Array => Int32Array.from({ length: end - first }, (_, i) => of(first + i));

/** The cells of a grid at these rows and columns, which may repeat. */
function enlarged(grid: CodeGrid, rows: Int32Array, columns: Int32Array): CodeGrid {
  const codes = new Uint8Array(rows.length * columns.length);
  rows.forEach((row, i) => {
    const source = row * grid.columns;
    const target = i * columns.length;
    columns.forEach((column, j) => (codes[target + j] = grid.codes[source + column] ?? 0));
  });
  return { codes, rows: rows.length, columns: columns.length };
}
