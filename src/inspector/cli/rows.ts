/** The rows of a table of numbers, as JSON has them: what is no number is null. */
export function numberRows(
  values: ArrayLike<number>,
  columns: number,
): readonly (readonly (number | null)[])[] {
  const all = Array.from(values, value => (Number.isFinite(value) ? value : null));
  return Array.from({ length: columns > 0 ? all.length / columns : 0 }, (_, row) =>
    all.slice(row * columns, (row + 1) * columns),
  );
}
