/** A cell of a map as it is drawn. */
export interface CellPlace {
  readonly row: number;
  readonly column: number;
}

/** Cells that PgUp and PgDn go over. */
const PAGE = 8;

/** Where a key leads in a map; null for keys that do not move. */
export function nextCell(
  { key, ctrlKey, metaKey }: { key: string; ctrlKey: boolean; metaKey: boolean },
  { row, column }: CellPlace,
  size: { readonly rows: number; readonly columns: number },
): CellPlace | null {
  const [lastRow, lastColumn] = [size.rows - 1, size.columns - 1];
  const far = ctrlKey || metaKey;
  const places: Record<string, CellPlace> = {
    ArrowRight: { row, column: column + 1 },
    ArrowLeft: { row, column: column - 1 },
    ArrowDown: { row: row + 1, column },
    ArrowUp: { row: row - 1, column },
    PageDown: { row: row + PAGE, column },
    PageUp: { row: row - PAGE, column },
    Home: { row: far ? 0 : row, column: 0 },
    End: { row: far ? lastRow : row, column: lastColumn },
  };
  const place = places[key];
  if (!place) return null;
  const clamp = (value: number, last: number): number => Math.max(0, Math.min(last, value));
  return { row: clamp(place.row, lastRow), column: clamp(place.column, lastColumn) };
}
