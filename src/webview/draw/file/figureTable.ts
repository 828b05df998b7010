/** Exact numbers, one entry a row. */
export interface FigureTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A table with one row for each item; what a column holds stands beside its name. */
export function tableOf<T>(
  items: Iterable<T>,
  columns: Readonly<Record<string, (item: T, index: number) => string | number>>,
): FigureTable {
  const cells = Object.values(columns);
  return {
    columns: Object.keys(columns),
    rows: Array.from(items, (item, i) => cells.map(cell => cell(item, i))),
  };
}

/** The numbers from `first` on. */
export const range = (count: number, first = 0): number[] =>
  Array.from({ length: count }, (_, i) => first + i);

/** Something to know about a figure: its name and its value. */
export type Fact = readonly [name: string, value: string];
