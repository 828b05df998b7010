/** A share as per cent with one decimal, without its sign. */
export const percent = (share: number): string => (100 * share).toFixed(1);

/** Lines of a table whose columns are right-aligned and as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map(row => row[i]?.length ?? 0)),
  );
  return rows.map(row => row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  '));
}
