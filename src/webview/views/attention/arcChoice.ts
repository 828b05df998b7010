import { BLOCKED, codeWeight, weightCode } from '../../../protocol/weightCode';

/** Most arcs in one frame; more would be a grey area and slow. */
export const MOST_ARCS = 2000;

/** One arc, by row and column on show. */
export interface Arc {
  readonly row: number;
  readonly column: number;
  readonly weight: number;
}

/** The arcs of a map that are strong enough to be drawn. */
export interface ArcChoice {
  /** Columns of each row's arcs. */
  readonly rows: readonly (readonly number[])[];
  /** Share of all weight on show that the arcs hold; NaN where there is none. */
  readonly kept: number;
  /** Rows that had more arcs above the threshold than may be drawn. */
  readonly cutRows: number;
}

const WEIGHTS = Float32Array.from({ length: 256 }, (_, code) => codeWeight(code));

/**
 * Chooses each row's arcs: at or above the threshold, the strongest first, at most `perRow`.
 * Weights are known to 6.5 % here, because maps travel as codes.
 * @param codes weight codes `[all queries, all keys]`, of which `shown` picks rows and columns
 */
export function chooseArcs(
  codes: Uint8Array,
  allKeys: number,
  shown: { readonly queries: readonly number[]; readonly keys: readonly number[] },
  threshold: number,
  perRow: number,
): ArcChoice {
  const least = weightCode(threshold);
  let [total, kept, cutRows] = [0, 0, 0];
  const rows = shown.queries.map(query => {
    const row = codes.subarray(query * allKeys, (query + 1) * allKeys);
    const code = (column: number): number => row[shown.keys[column] ?? -1] ?? BLOCKED;
    let columns: number[] = [];
    // Without a call for each of all pairs of tokens.
    for (let column = 0; column < shown.keys.length; column++) {
      const one = row[shown.keys[column] ?? -1] ?? BLOCKED;
      total += WEIGHTS[one] ?? 0;
      if (one >= least) columns.push(column);
    }
    if (columns.length > perRow) {
      cutRows++;
      columns = columns.sort((a, b) => code(b) - code(a)).slice(0, perRow);
    }
    for (const column of columns) kept += WEIGHTS[code(column)] ?? 0;
    return columns;
  });
  return { rows, kept: kept / total, cutRows };
}

/** The arcs of one query, from its exact weights, weakest first so that the strongest lie on top. */
export function arcsOfRow(
  weights: Float32Array,
  keys: readonly number[],
  row: number,
  threshold: number,
  most: number,
): Arc[] {
  const arcs = keys
    .map((key, column) => ({ row, column, weight: weights[key] ?? 0 }))
    .filter(({ weight }) => weight >= threshold)
    .sort((a, b) => a.weight - b.weight);
  return arcs.slice(Math.max(0, arcs.length - most));
}

/** Share of the numbers of a row, among the keys on show, that its arcs hold. */
export function keptOfRow(
  weights: Float32Array,
  keys: readonly number[],
  arcs: readonly Arc[],
): number {
  const total = keys.reduce((sum, key) => sum + (weights[key] ?? 0), 0);
  return arcs.reduce((sum, { weight }) => sum + weight, 0) / total;
}
