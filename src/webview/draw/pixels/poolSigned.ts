import { maxPool, type CodeGrid } from './pool';

const ZERO = 128;

/**
 * Each cell of the smaller grid is the value farthest from zero among those that it covers; codes are
 * 1 … 255 around 128, and 0 where nothing is to be shown.
 */
export function poolSigned(grid: CodeGrid, rows: number, columns: number): CodeGrid {
  const half = (value: (code: number) => number): CodeGrid =>
    maxPool(
      { ...grid, codes: grid.codes.map(code => (code === 0 ? 0 : value(code))) },
      rows,
      columns,
    );
  const gained = half(code => 1 + Math.max(0, code - ZERO));
  const lost = half(code => 1 + Math.max(0, ZERO - code));
  const codes = gained.codes.map((up, i) => {
    const down = lost.codes[i] ?? 0;
    if (up === 0) return 0;
    return up >= down ? ZERO + up - 1 : ZERO - down + 1;
  });
  return { ...gained, codes };
}
