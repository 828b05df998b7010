import type { Token } from '../../../protocol/tokens';
import { label } from '../../tokenText';

/** Rows and columns on show, with the way from token to row and back. */
export interface ShownCells {
  readonly queries: readonly number[];
  readonly keys: readonly number[];
  readonly rowOf: ReadonlyMap<number, number>;
  readonly columnOf: ReadonlyMap<number, number>;
  readonly specialRows: ReadonlySet<number>;
  readonly specialColumns: ReadonlySet<number>;
  names(limit: number): { queries: readonly string[]; keys: readonly string[] };
}

/** All tokens, or all but the special ones; a sequence of special tokens only is shown whole. */
export function shownCells(
  queries: readonly Token[],
  keys: readonly Token[],
  special: boolean,
): ShownCells {
  const rows = chosen(queries, special);
  const columns = chosen(keys, special);
  let names: { queries: string[]; keys: string[] } | null = null;
  return {
    queries: rows.map(token => token.index),
    keys: columns.map(token => token.index),
    rowOf: new Map(rows.map((token, row) => [token.index, row])),
    columnOf: new Map(columns.map((token, column) => [token.index, column])),
    specialRows: specialPlaces(rows),
    specialColumns: specialPlaces(columns),
    names: limit =>
      (names ??= {
        queries: rows.map(token => label(token, limit)),
        keys: columns.map(token => label(token, limit)),
      }),
  };
}

function chosen(tokens: readonly Token[], special: boolean): readonly Token[] {
  const kept = special ? tokens : tokens.filter(token => !token.special);
  return kept.length > 0 ? kept : tokens;
}

const specialPlaces = (tokens: readonly Token[]): Set<number> =>
  new Set(tokens.flatMap((token, place) => (token.special ? [place] : [])));
