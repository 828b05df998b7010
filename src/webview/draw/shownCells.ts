import type { Between } from '../reading/groups';
import { shorten, visible } from '../reading/tokenText';
import type { Units } from '../reading/units';

/** Rows and columns on show, with the way from token to row and back. */
export interface ShownCells {
  /** Units by row and by column: what the maps' numbers are looked up by. */
  readonly queries: readonly number[];
  readonly keys: readonly number[];
  /** The token that a row or column stands for: the first one of a word. */
  readonly queryTokens: readonly number[];
  readonly keyTokens: readonly number[];
  /** Row and column by token; every token of a word has the word's. */
  readonly rowOf: ReadonlyMap<number, number>;
  readonly columnOf: ReadonlyMap<number, number>;
  readonly specialRows: ReadonlySet<number>;
  readonly specialColumns: ReadonlySet<number>;
  names(limit: number): { queries: readonly string[]; keys: readonly string[] };
}

/** Sequences of the queries and the keys. */
const SIDES: Readonly<Record<Exclude<Between, 'all'>, readonly [number, number]>> = {
  AA: [0, 0],
  AB: [0, 1],
  BA: [1, 0],
  BB: [1, 1],
};

interface Choice {
  readonly keys: Units;
  readonly special: boolean;
  readonly predicted: readonly string[] | null;
  readonly between: Between;
}

/** The latest choice of each sequence of queries, and what it shows. */
const known = new WeakMap<Units, Choice & { readonly shown: ShownCells }>();

/**
 * All tokens or words, or all but the special ones; a sequence of special tokens only is shown whole.
 * The same object for the same choice.
 * @param predicted what rows are called instead, by token: cross-attention's rows are predictions
 * @param between whose queries and keys are shown, where the tokens are of a pair of texts
 */
export function shownCells(
  queries: Units,
  keys: Units,
  special: boolean,
  predicted: readonly string[] | null = null,
  between: Between = 'all',
): ShownCells {
  const before = known.get(queries);
  const isSame =
    before?.keys === keys &&
    before.special === special &&
    before.predicted === predicted &&
    before.between === between;
  if (isSame) return before.shown;
  const shown = cellsOf(queries, { keys, special, predicted, between });
  known.set(queries, { keys, special, predicted, between, shown });
  return shown;
}

function cellsOf(queries: Units, { keys, special, predicted, between }: Choice): ShownCells {
  const [asking, asked] = between === 'all' ? [undefined, undefined] : SIDES[between];
  const [rows, columns] = [chosen(queries, special, asking), chosen(keys, special, asked)];
  const named = new Map<number, ReturnType<ShownCells['names']>>();
  return {
    queries: rows,
    keys: columns,
    queryTokens: rows.map(unit => queries.first(unit)),
    keyTokens: columns.map(unit => keys.first(unit)),
    rowOf: placeOfToken(queries, rows),
    columnOf: placeOfToken(keys, columns),
    specialRows: predicted ? new Set() : specialPlaces(queries, rows),
    specialColumns: specialPlaces(keys, columns),
    names: limit => {
      const names = named.get(limit) ?? {
        queries: rows.map(unit => rowLabel(queries, unit, limit, predicted)),
        keys: columns.map(unit => keys.label(unit, limit)),
      };
      named.set(limit, names);
      return names;
    },
  };
}

/** What a row is called: its tokens, or what the model predicts at them. */
export function rowLabel(
  queries: Units,
  unit: number,
  limit: number,
  predicted: readonly string[] | null,
): string {
  if (!predicted) return queries.label(unit, limit);
  const texts = predicted.slice(queries.first(unit), queries.end(unit));
  return shorten(visible(texts.join('').trim() || texts.join('')), limit);
}

function chosen(units: Units, special: boolean, sequence: number | undefined): readonly number[] {
  const all = Array.from({ length: units.length }, (_, unit) => unit);
  const isOf = sequence !== undefined && units.isPair;
  const own = isOf ? all.filter(unit => units.sequence(unit) === sequence) : all;
  const kept = special ? own : own.filter(unit => !units.isSpecial(unit));
  return kept.length > 0 ? kept : all;
}

const placeOfToken = (units: Units, shown: readonly number[]): Map<number, number> =>
  new Map(
    shown.flatMap((unit, place) => {
      const [first, end] = [units.first(unit), units.end(unit)];
      return Array.from({ length: end - first }, (_, i) => [first + i, place] as const);
    }),
  );

const specialPlaces = (units: Units, shown: readonly number[]): Set<number> =>
  new Set(shown.flatMap((unit, place) => (units.isSpecial(unit) ? [place] : [])));
