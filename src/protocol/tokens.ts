/** One token of a text, with the characters that it stands for. */
export interface Token {
  /** Position in the sequence, from 0. */
  readonly index: number;
  /** Row of the vocabulary. */
  readonly id: number;
  /** The vocabulary's own spelling, such as `##y` or `Ġthe`. */
  readonly token: string;
  /** What people read: the characters of the source, or the vocabulary's spelling for special tokens. */
  readonly text: string;
  /**
   * UTF-16 range `[start, end)` in the text, or in the second one of a pair; both are 0 for tokens that
   * stand for none of its characters.
   */
  readonly start: number;
  readonly end: number;
  /** Put there by the tokenizer (`[CLS]`, `<s>`) or recognised as a special token in the text. */
  readonly special: boolean;
  /** The vocabulary's unknown token stands here. */
  readonly unknown: boolean;
  /** Continues the word of the token before it. */
  readonly continues: boolean;
  /** Which text of a pair it is of, from 0; left out for a single text and for added special tokens. */
  readonly sequence?: number;
  /** Segment id (`token_type_ids`); left out for a single text. */
  readonly typeId?: number;
  /** Which turn of a chat it is of, from 0; left out for other texts, and for what no turn begins with. */
  readonly turn?: number;
  /** The chat template wrote it, not a message. */
  readonly template?: true;
}

/** What was cut off a text because there are more tokens than the limit. */
export interface Overflow {
  /** Which text of a pair, from 0. */
  readonly sequence: number;
  /** Tokens that were cut off. */
  readonly tokens: number;
  /** UTF-16 range in the text that only those tokens cover. */
  readonly start: number;
  readonly end: number;
}

/** A text as a tokenizer split it. */
export interface TokenizedText {
  readonly tokens: readonly Token[];
  /** Tokens that the whole text has; more than `tokens` holds where it was cut to the limit. */
  readonly total: number;
  /** What was cut, one entry a text; left out where all tokens are here. */
  readonly overflow?: readonly Overflow[];
}

/** Whether `order` names each of `count` tokens once. */
export function isPermutation(order: readonly number[], count: number): boolean {
  const seen = new Set(order);
  const isToken = (token: number) => Number.isInteger(token) && token >= 0 && token < count;
  return order.length === count && seen.size === count && order.every(isToken);
}
