import type { EncodedToken } from '../encodedToken';

/** One step that puts special tokens around the texts or corrects their ranges. */
export interface PostProcessor {
  /** Its name in tokenizer.json. */
  readonly type: string;
  /** Number of special tokens that it adds to one text or to a pair. */
  addedCount(isPair: boolean): number;
  /** Its template in words, such as `[CLS] $A [SEP]`; empty for one that adds nothing. */
  template(isPair: boolean): string;
  /** `texts` holds the tokens of one text or of a pair; `sources` the texts themselves. */
  process(
    texts: readonly (readonly EncodedToken[])[],
    sources: readonly string[],
    addsSpecialTokens: boolean,
  ): readonly (readonly EncodedToken[])[];
}
