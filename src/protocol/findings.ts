/** What can be wrong with a text before any model runs. */
export type FindingCode =
  'unknown-token' | 'beyond-maximum' | 'special-token' | 'invisible-character';

/** One thing that a tokenizer meets in a text and that people may not expect. */
export interface Finding {
  readonly code: FindingCode;
  /** UTF-16 range `[start, end)` in the text. */
  readonly start: number;
  readonly end: number;
  /** One sentence: what it is and what comes of it. */
  readonly message: string;
}
