import { cellsAt, wholeSide, type Range } from '../side';

/** Codes of a grid of cells, row by row. */
export interface CodeGrid {
  readonly codes: Uint8Array;
  readonly rows: number;
  readonly columns: number;
}

/** The cells of each of `pixels` pixels along a side. */
function cellsOf(cells: number, pixels: number): Range[] {
  const side = wholeSide(cells, pixels);
  return Array.from({ length: pixels }, (_, pixel) => cellsAt(side, pixel));
}

/**
 * The grid in exactly so many rows and columns of pixels. Where several cells share a pixel it is
 * their maximum, so that a single strong pair is never averaged away; it is blocked only where all of
 * them are. Where there are more pixels than cells, each shows the cell that it lies in.
 */
export function maxPool(grid: CodeGrid, rows: number, columns: number): CodeGrid {
  if (rows === grid.rows && columns === grid.columns) return grid;
  const across = cellsOf(grid.columns, columns);
  const codes = new Uint8Array(rows * columns);
  const most = new Uint8Array(grid.columns);
  cellsOf(grid.rows, rows).forEach(({ from, to }, pixel) => {
    most.set(grid.codes.subarray(from * grid.columns, (from + 1) * grid.columns));
    for (let row = from + 1; row < to; row++) {
      const start = row * grid.columns;
      for (let column = 0; column < grid.columns; column++) {
        const code = grid.codes[start + column] ?? 0;
        if (code > (most[column] ?? 0)) most[column] = code;
      }
    }
    const target = pixel * columns;
    for (let x = 0; x < columns; x++) {
      const cells = across[x];
      if (!cells) continue;
      let code = most[cells.from] ?? 0;
      for (let column = cells.from + 1; column < cells.to; column++) {
        code = Math.max(code, most[column] ?? 0);
      }
      codes[target + x] = code;
    }
  });
  return { codes, rows, columns };
}

/**
 * The cell whose colour a pixel has that shows a block of cells.
 * @param isSigned codes are 1 … 255 around 128, and the one farthest from zero shows
 */
export function strongestCell(
  { codes, columns: width }: CodeGrid,
  rows: Range,
  columns: Range,
  isSigned = false,
): { row: number; column: number } {
  // Of a gain and a loss of one size the gain shows: hence a quarter off the zero of 128.
  const size = (code: number): number =>
    isSigned && code > 0 ? Math.abs(code - 127.75) : code === 0 ? -1 : code;
  let best = { row: rows.from, column: columns.from };
  let most = -Infinity;
  for (let row = rows.from; row < rows.to; row++) {
    for (let column = columns.from; column < columns.to; column++) {
      const found = size(codes[row * width + column] ?? 0);
      if (found <= most) continue;
      most = found;
      best = { row, column };
    }
  }
  return best;
}
