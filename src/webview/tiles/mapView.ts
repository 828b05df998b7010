import { TILE, type CachedTile, type TileAddress, type TileCache } from './tileCache';

/** The part of a long map that is on show. */
export interface MapView {
  /** Queries and keys on a side of a cell. */
  readonly step: number;
  /** First query and key, multiples of `step`. */
  readonly row: number;
  readonly column: number;
  /** Cells down and across. */
  readonly rows: number;
  readonly columns: number;
  /** Weights as shares of the largest one of their row. */
  readonly relative: boolean;
}

/** How far a picture has come. */
export type Detail = 'loading' | 'sampled' | 'exact';

/** A tile of a view, with the part of it that is in the view: rows and columns of cells within the tile. */
export interface TileInView {
  readonly address: TileAddress;
  readonly rows: number;
  readonly columns: number;
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface MapSize {
  readonly queries: number;
  readonly keys: number;
}

/** The tiles that a view consists of, row by row. */
export function tilesInView(head: string, view: MapView, size: MapSize): TileInView[] {
  const { step, relative } = view;
  const cells = { down: Math.ceil(size.queries / step), across: Math.ceil(size.keys / step) };
  const [top, left] = [view.row / step, view.column / step];
  const bottom = Math.min(cells.down, top + view.rows);
  const right = Math.min(cells.across, left + view.columns);
  const found: TileInView[] = [];
  for (let row = Math.floor(top / TILE); row * TILE < bottom; row++) {
    for (let column = Math.floor(left / TILE); column * TILE < right; column++) {
      found.push({
        address: { head, step, relative, row, column },
        rows: Math.min(TILE, cells.down - row * TILE),
        columns: Math.min(TILE, cells.across - column * TILE),
        top: Math.max(0, top - row * TILE),
        bottom: Math.min(TILE, bottom - row * TILE),
        left: Math.max(0, left - column * TILE),
        right: Math.min(TILE, right - column * TILE),
      });
    }
  }
  return found;
}

/** Rows of cells of a tile that hold something. */
export const filled = (tile: CachedTile | undefined): number =>
  tile ? Math.max(tile.exact, tile.sampled) : 0;

/** How far the picture of a view has come. */
export function detailOf(cache: TileCache, tiles: readonly TileInView[]): Detail {
  let detail: Detail = 'exact';
  for (const { address, bottom } of tiles) {
    const tile = cache.get(address);
    if (filled(tile) < bottom) return 'loading';
    if ((tile?.exact ?? 0) < bottom) detail = 'sampled';
  }
  return detail;
}
