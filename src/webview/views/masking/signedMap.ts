import type { Difference } from '../../../protocol/comparison';
import { BLOCKED, codeWeight } from '../../../protocol/weightCode';
import { SIGNED_STEPS } from '../../draw/color/diverging';
import type { State } from '../../app/state';
import { compared } from './wanted';
import { paddingKeys } from './hiddenPadding';
import { placeOf, type Place } from './runPlaces';

/** What the changed run gained and lost, as it is drawn. */
export interface SignedMap {
  /** Rows are the main run's queries; columns the changed run's keys, with the padding that it added. */
  readonly place: Place;
  /** Codes 1 … 255 around 128 `[queries, keys]`; 0 where both runs mask the pair. */
  readonly codes: Uint8Array;
  /** Largest absolute difference, padding included. */
  readonly limit: number;
}

let latest: { readonly of: readonly unknown[]; readonly made: SignedMap } | undefined;

/** The difference of the changed run and the main one; null while it is not known. */
export function signedMap(state: State): SignedMap | null {
  const main = placeOf(state, 'main');
  const changed = placeOf(state, 'changed');
  const difference = compared(state, 'difference');
  if (!main || !changed || !difference) return null;
  if (
    difference.queries !== main.queries.tokens.length ||
    difference.keys !== main.keys.tokens.length
  ) {
    return null;
  }
  const after = compared(state, 'changedMap');
  const before = compared(state, 'mainMap');
  const of = [difference, before, after, main.capture, changed.capture];
  if (latest?.of.every((one, i) => one === of[i])) return latest.made;
  const padding = after ? paddingKeys(changed.keys) : [];
  const keys = padding.length > 0 ? changed.keys : main.keys;
  const place = { ...main, keys };
  const columns = keys.tokens.length;
  const values = new Float32Array(main.queries.tokens.length * columns);
  const masked = new Uint8Array(values.length);
  const isMasked = (map: typeof after, row: number | null, column: number | null): boolean =>
    map !== null &&
    row !== null &&
    column !== null &&
    map.codes[row * map.keys + column] === BLOCKED;
  for (let query = 0, at = 0; query < main.queries.tokens.length; query++) {
    const row = changed.queries.of(query);
    for (let column = 0; column < columns; column++, at++) {
      const key = padding.length > 0 ? changed.keys.back(column) : column;
      if (key === null) {
        const code = after?.codes[(row ?? 0) * after.keys + column] ?? BLOCKED;
        values[at] = codeWeight(code);
        masked[at] = code === BLOCKED ? 1 : 0;
        continue;
      }
      values[at] = changeOf(difference, query, key);
      const there = isMasked(after, row, changed.keys.of(key));
      masked[at] = there && isMasked(before, query, key) ? 1 : 0;
    }
  }
  const limit = values.reduce((most, value) => Math.max(most, Math.abs(value)), difference.limit);
  const codes = Uint8Array.from(values, (value, i) => {
    if (masked[i] === 1) return BLOCKED;
    return Math.round((limit === 0 ? 0 : value / limit) * SIGNED_STEPS) + SIGNED_STEPS + 1;
  });
  const made = { place, codes, limit };
  latest = { of, made };
  return made;
}

const changeOf = ({ codes, keys, limit }: Difference, query: number, key: number): number =>
  ((codes[query * keys + key] ?? 0) / SIGNED_STEPS) * limit;
