/** Words `[first, last]` of a sentence, from 0. */
export type WordSpan = readonly [first: number, last: number];

/** One thing that a probe is asked about. */
export interface TaskItem {
  /** Index of the sentence in the corpus. */
  readonly sentence: number;
  /** What the probe reads: one word, or two words or mentions. */
  readonly spans: readonly WordSpan[];
  readonly label: string;
  /** Items of one word type (of one pair of types) share their control label. */
  readonly type: string;
}

/** How the vectors of an item's spans become its features. */
export type Combination =
  /** `[a]` */
  | 'one'
  /** `[a; b]` */
  | 'both'
  /** `[a; b; a ⊙ b]` */
  | 'product';

/** Type of two words or mentions: a tab stands in neither. */
export const pairType = (a: string, b: string): string => `${a}\t${b}`;
