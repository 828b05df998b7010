/** Expressions that the view opens with. */
export const DEFAULT_WATCHES: readonly string[] = ['entropy(α)', 'max', 'Z'];

/** Expressions kept, and how long one may be. */
export const MOST_WATCHES = 24;

export const LONGEST_WATCH = 80;
