import { maxPool, type CodeGrid } from './pool';

/** A rectangle of cells. */
export interface CellRect {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * A map at every level of detail: each level is pooled from the one before, so that all of them
 * together cost a third more than the map; what was pooled once is kept.
 */
export class Pyramid {
  private readonly levels: CodeGrid[];
  private whole: CodeGrid | null = null;

  constructor(grid: CodeGrid) {
    this.levels = [grid];
  }

  /** The whole map in so many rows and columns, each the maximum of its block. */
  fitted(rows: number, columns: number): CodeGrid {
    const { whole } = this;
    if (whole?.rows === rows && whole.columns === columns) return whole;
    return (this.whole = maxPool(this.at(1), rows, columns));
  }

  /** The map with `step` × `step` cells in one; `step` is a power of two. */
  at(step: number): CodeGrid {
    const level = Math.log2(step);
    const known = this.levels[level];
    if (known) return known;
    const made = halve(this.at(step / 2));
    this.levels[level] = made;
    return made;
  }

  /** A part of the map, in cells of `step`. */
  part(step: number, rect: CellRect): CodeGrid {
    return cut(this.at(step), rect);
  }
}

/** Two rows and two columns in one. */
function halve({ codes, rows, columns }: CodeGrid): CodeGrid {
  const [down, across] = [Math.ceil(rows / 2), Math.ceil(columns / 2)];
  const half = new Uint8Array(down * across);
  for (let row = 0; row < rows; row++) {
    const target = (row >> 1) * across;
    const source = row * columns;
    for (let column = 0; column < columns; column++) {
      const code = codes[source + column] ?? 0;
      const at = target + (column >> 1);
      if (code > (half[at] ?? 0)) half[at] = code;
    }
  }
  return { codes: half, rows: down, columns: across };
}

/** The cells of a rectangle that lie within the grid. */
export function cut({ codes, rows, columns }: CodeGrid, rect: CellRect): CodeGrid {
  const down = Math.max(0, Math.min(rect.rows, rows - rect.row));
  const across = Math.max(0, Math.min(rect.columns, columns - rect.column));
  const part = new Uint8Array(down * across);
  for (let row = 0; row < down; row++) {
    const start = (rect.row + row) * columns + rect.column;
    part.set(codes.subarray(start, start + across), row * across);
  }
  return { codes: part, rows: down, columns: across };
}
