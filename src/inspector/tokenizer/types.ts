import type { TokenizedText } from '../../protocol/tokens';
import type { TokenTrace } from '../../protocol/tokenTrace';

export interface EncodeOptions {
  /** At most this many tokens are returned; special tokens at the end are kept. */
  readonly maximumTokens?: number;
  /** A second text, for models that read pairs; its tokens say so by `sequence`. */
  readonly pair?: string;
  /** `[CLS]`, `<s>` and the like around the text; true by default. */
  readonly addSpecialTokens?: boolean;
}

/** How a tokenizer writes messages as one text. */
export interface ChatTemplates {
  /** Jinja templates by name; the one that counts where none is named is `default`. */
  readonly sources: ReadonlyMap<string, string>;
  /** Spellings that templates know by name: `bos_token`, `eos_token` and so on. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Why there is none where there should be one; goes on after “The chat template”. */
  readonly problem?: string;
}

/** A tokenizer that knows which characters each token stands for. */
export interface AlignedTokenizer {
  /** Kind of its model: `BPE`, `WordPiece`, `Unigram`, `WordLevel`. */
  readonly kind: string;
  /** Rows that ids may name: one more than the largest id. */
  readonly vocabularySize: number;
  /** Which files decided how it splits, in words. */
  readonly source: string;
  /** Absent where it has no chat template. */
  readonly chat?: ChatTemplates;
  /**
   * Splits `text` as the Hugging Face library would, special tokens added, with exact UTF-16
   * ranges; at most `maximumTokens` tokens are returned (special tokens at the end are kept).
   * @throws InspectorError `tokenizer-broken` when it takes longer than its time limit.
   */
  encode(text: string, options?: EncodeOptions): TokenizedText;
  /** The vocabulary's spelling of an id; undefined for ids that name no token. */
  tokenOf(id: number): string | undefined;
  /** How `text` becomes its tokens, stage by stage; for texts that a person can look through. */
  trace(text: string, options?: Pick<EncodeOptions, 'addSpecialTokens'>): TokenTrace;
}
