import { BLOCKED, FAINTEST, weightCode } from '../../../protocol/weightCode';
import type { ScaleName } from '../color/palette';
import type { CodeGrid } from './pool';

/** Which queries and keys a map shows, in order: all, or all but the special ones. */
export interface Shown {
  readonly queries: readonly number[];
  readonly keys: readonly number[];
}

/** Codes are logarithms, so that dividing a row by its maximum is a shift. */
const shiftOf = (row: Uint8Array): number => 255 - largestOf(row);

const largestOf = (row: Uint8Array): number =>
  row.reduce((largest, code) => Math.max(largest, code), 0);

function shiftRow(codes: Uint8Array): void {
  const shift = shiftOf(codes);
  codes.forEach((code, i) => {
    if (code > FAINTEST) codes[i] = code + shift;
  });
}

/** The codes as they are coloured: chosen rows and columns, and relative to the row where wanted. */
export function displayCodes(grid: CodeGrid, shown: Shown, scale: ScaleName): CodeGrid {
  const { queries, keys } = shown;
  const whole = queries.length === grid.rows && keys.length === grid.columns;
  if (whole && scale !== 'Row max') return grid;
  const codes = new Uint8Array(queries.length * keys.length);
  queries.forEach((query, row) => {
    const source = grid.codes.subarray(query * grid.columns, (query + 1) * grid.columns);
    const target = codes.subarray(row * keys.length, (row + 1) * keys.length);
    keys.forEach((key, column) => (target[column] = source[key] ?? BLOCKED));
    if (scale === 'Row max') shiftRow(target);
  });
  return { codes, rows: queries.length, columns: keys.length };
}

/**
 * The codes of what a sink takes of the rows on show, as they are coloured beside the map: relative to
 * the largest of the row's keys where the map is, and no more than that.
 * @param sink of every row of the map
 * @param largest code of a row's keys
 */
export function displaySink(
  sink: Float32Array,
  { queries }: Pick<Shown, 'queries'>,
  scale: ScaleName,
  largest: (query: number) => number,
): Uint8Array {
  return Uint8Array.from(queries, query => {
    const code = weightCode(sink[query] ?? 0);
    if (scale !== 'Row max' || code <= FAINTEST) return code;
    return Math.min(255, code + 255 - largest(query));
  });
}

/** The largest code of each row of a map. */
export function largestOfRows({ codes, columns }: CodeGrid): (query: number) => number {
  return query => largestOf(codes.subarray(query * columns, (query + 1) * columns));
}
