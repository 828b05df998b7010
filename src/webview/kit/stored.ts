/** Reads what was stored, perhaps by an older version; what does not fit falls back to a default. */
export type Reader<T> = (stored: unknown) => T;

/** What each of some readers gives, by name. */
export type Read<R extends Readonly<Record<string, Reader<unknown>>>> = {
  readonly [N in keyof R]: ReturnType<R[N]>;
};

/** One of `choices`. */
export const oneOf =
  <const T>(choices: readonly T[], otherwise: T): Reader<T> =>
  stored =>
    choices.includes(stored as T) ? (stored as T) : otherwise;

export const flag =
  (otherwise: boolean): Reader<boolean> =>
  stored =>
    typeof stored === 'boolean' ? stored : otherwise;

/** A text of at most `longest` characters; a longer one is none. */
export const text =
  (longest: number): Reader<string> =>
  stored =>
    typeof stored === 'string' && stored.length <= longest ? stored : '';

/** A number in `[from, to]`. */
export const within =
  (from: number, to: number, otherwise: number): Reader<number> =>
  stored =>
    typeof stored === 'number' && stored >= from && stored <= to ? stored : otherwise;

/** Those entries of a list that `isOne` lets through. */
export const listOf =
  <T>(
    isOne: (stored: unknown) => stored is T,
    otherwise: readonly T[] = [],
  ): Reader<readonly T[]> =>
  stored =>
    Array.isArray(stored) ? stored.filter(isOne) : otherwise;

/** An object whose entries are read each by its own reader. */
export const record =
  <R extends Readonly<Record<string, Reader<unknown>>>>(readers: R): Reader<Read<R>> =>
  stored => {
    const entries = (stored ?? {}) as Readonly<Record<string, unknown>>;
    const read = Object.entries(readers).map(([name, of]) => [name, of(entries[name])] as const);
    return Object.fromEntries(read) as Read<R>;
  };
