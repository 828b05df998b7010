import type { ModelSteps } from '../../../protocol/tokenTrace';

/** A part of a word that the model has a token for. */
export interface Piece {
  readonly id: number;
  /** As the reference spells it: the vocabulary's entry, or the characters themselves where Unigram has none. */
  readonly token: string;
  /** UTF-16 units `[from, to)` of the word; the bytes of one character share its range. */
  readonly from: number;
  readonly to: number;
  readonly unknown: boolean;
}

/** What splits the words that the pre-tokenizer left. */
export interface Model {
  /** `BPE`, `WordPiece`, `Unigram` or `WordLevel`. */
  readonly kind: string;
  /** Entries of the vocabulary; added tokens join it on loading. */
  readonly ids: ReadonlyMap<string, number>;
  split(word: string): readonly Piece[];
  /** The same by another way that shows its steps; slow. */
  trace(word: string): { readonly pieces: readonly Piece[]; readonly steps: ModelSteps };
}

/** Longer words are split without listing their steps: they would be too many to read. */
export const MAX_TRACED_UNITS = 512;
