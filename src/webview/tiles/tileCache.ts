/** Cells on a side of a tile. */
export const TILE = 128;

/** A square of a map at one level of detail, filled from the top as its codes arrive. */
export interface CachedTile {
  readonly rows: number;
  readonly columns: number;
  /** Weight codes `[rows, columns]`. */
  readonly codes: Uint8Array;
  /** Rows of cells that hold the maximum of all their weights. */
  exact: number;
  /** Rows of cells that hold at least those of one query. */
  sampled: number;
}

/** Where a tile lies: `row` and `column` count tiles. */
export interface TileAddress {
  readonly head: string;
  /** Queries and keys on a side of a cell. */
  readonly step: number;
  readonly relative: boolean;
  readonly row: number;
  readonly column: number;
}

const nameOf = ({ head, step, relative, row, column }: TileAddress): string =>
  `${head} ${step} ${String(relative)} ${row} ${column}`;

/** The tiles that were looked at last, within a number of bytes. */
export class TileCache {
  private readonly tiles = new Map<string, CachedTile>();
  private held = 0;

  constructor(private readonly limit: number) {}

  /** Bytes of all tiles. */
  get bytes(): number {
    return this.held;
  }

  get(address: TileAddress): CachedTile | undefined {
    const name = nameOf(address);
    const tile = this.tiles.get(name);
    if (!tile) return undefined;
    this.tiles.delete(name);
    this.tiles.set(name, tile);
    return tile;
  }

  /** The tile, empty where it is a new one; the ones that were not used for longest give way. */
  make(address: TileAddress, rows: number, columns: number): CachedTile {
    const known = this.get(address);
    if (known) return known;
    const tile = { rows, columns, codes: new Uint8Array(rows * columns), exact: 0, sampled: 0 };
    this.tiles.set(nameOf(address), tile);
    this.held += tile.codes.byteLength;
    for (const [name, oldest] of this.tiles) {
      if (this.held <= this.limit || oldest === tile) break;
      this.tiles.delete(name);
      this.held -= oldest.codes.byteLength;
    }
    return tile;
  }
}

/** Cuts the cells of a message into those of its tiles. */
export function spread(
  codes: Uint8Array,
  rows: number,
  targets: readonly CachedTile[],
  from: number,
): void {
  const width = targets.reduce((sum, tile) => sum + tile.columns, 0);
  let left = 0;
  for (const tile of targets) {
    for (let row = 0; row < rows; row++) {
      const start = row * width + left;
      tile.codes.set(codes.subarray(start, start + tile.columns), (from + row) * tile.columns);
    }
    left += tile.columns;
  }
}
