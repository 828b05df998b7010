/** Codes of a grid of cells, row by row. */
export interface CodeGrid {
  readonly codes: Uint8Array;
  readonly rows: number;
  readonly columns: number;
}

/** First cell of each of `parts` blocks, and the end of the last one. */
function bounds(cells: number, parts: number): Int32Array {
  return Int32Array.from({ length: parts + 1 }, (_, i) => Math.floor((i * cells) / parts));
}

/**
 * Each cell of the smaller grid is the maximum of the cells that it covers, so that a single strong
 * pair is never averaged away; it is blocked only where all of them are.
 */
export function maxPool(grid: CodeGrid, rows: number, columns: number): CodeGrid {
  if (rows >= grid.rows && columns >= grid.columns) return grid;
  const [down, across] = [Math.min(rows, grid.rows), Math.min(columns, grid.columns)];
  const rowBounds = bounds(grid.rows, down);
  const columnOf = new Int32Array(grid.columns);
  const columnBounds = bounds(grid.columns, across);
  for (let part = 0; part < across; part++) {
    columnOf.fill(part, columnBounds[part], columnBounds[part + 1]);
  }
  const codes = new Uint8Array(down * across);
  for (let part = 0; part < down; part++) {
    const target = part * across;
    for (let row = rowBounds[part] ?? 0; row < (rowBounds[part + 1] ?? 0); row++) {
      const source = row * grid.columns;
      for (let column = 0; column < grid.columns; column++) {
        const code = grid.codes[source + column] ?? 0;
        const at = target + (columnOf[column] ?? 0);
        if (code > (codes[at] ?? 0)) codes[at] = code;
      }
    }
  }
  return { codes, rows: down, columns: across };
}
