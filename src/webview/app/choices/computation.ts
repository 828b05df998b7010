import { listOf, type Reader } from '../../kit/stored';

/** Expressions that the view opens with. */
const DEFAULT_WATCHES: readonly string[] = ['entropy(α)', 'max', 'Z'];

/** Expressions kept, and how long one may be. */
export const MOST_WATCHES = 24;
export const LONGEST_WATCH = 80;

const isWatch = (stored: unknown): stored is string =>
  typeof stored === 'string' && stored.length <= LONGEST_WATCH;

/** What people choose in the Computation view. */
export const computationOptions = {
  /** Expressions that the computation shows the value of. */
  watches: (stored =>
    listOf(isWatch, DEFAULT_WATCHES)(stored).slice(0, MOST_WATCHES)) satisfies Reader<
    readonly string[]
  >,
};
