import type { Token } from '../../protocol/tokens';

/** Keys at which repeated tokens show a pattern, for one query. */
export interface RepeatKeys {
  /** Earlier copies of the query's token. */
  readonly copies: readonly number[];
  /** The tokens right after those copies: what a head that continues a repetition attends to. */
  readonly followers: readonly number[];
}

/**
 * Earlier copies of each query's token, and what followed them (Olsson et al. 2022, “In-context
 * learning and induction heads”). Special tokens are no repeats of each other. Where one of the keys
 * is the query itself or the token before it, its list is empty: a head that reads its neighbour
 * would look the same.
 */
export function repeatsOf(tokens: readonly Token[]): (query: number) => RepeatKeys {
  const places = new Map<number, number[]>();
  for (const { id, special, index } of tokens) {
    if (special) continue;
    const known = places.get(id);
    if (known) known.push(index);
    else places.set(id, [index]);
  }
  return query => {
    const token = tokens[query];
    const all = token && !token.special ? (places.get(token.id) ?? []) : [];
    const copies = all.filter(place => place < query);
    const followers = copies.map(copy => copy + 1);
    return { copies: unlessNear(copies, query), followers: unlessNear(followers, query) };
  };
}

/** Whether any query has a copy that tells something: one that is not right before it. */
export function hasRepeats(tokens: readonly Token[]): boolean {
  const last = new Map<number, number>();
  return tokens.some(({ id, special }, query) => {
    const copy = special ? undefined : last.get(id);
    last.set(id, query);
    return copy !== undefined && copy < query - 1;
  });
}

const unlessNear = (keys: readonly number[], query: number): readonly number[] =>
  (keys.at(-1) ?? -1) >= query - 1 ? [] : keys;
