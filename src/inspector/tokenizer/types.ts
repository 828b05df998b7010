import type { TokenizedText } from '../../protocol/tokens';

/** A tokenizer that knows which characters each token stands for. */
export interface AlignedTokenizer {
  /** Kind of its model: `BPE`, `WordPiece`, `Unigram`, `WordLevel`. */
  readonly kind: string;
  /** Rows that ids may name: one more than the largest id. */
  readonly vocabularySize: number;
  /**
   * Splits `text` as the Hugging Face library would, special tokens added, with exact UTF-16
   * ranges; at most `maximumTokens` tokens are returned (special tokens at the end are kept).
   */
  encode(text: string, options?: { readonly maximumTokens?: number }): TokenizedText;
}
