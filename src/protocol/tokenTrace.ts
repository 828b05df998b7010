import type { Token } from './tokens';

/** UTF-16 units of a text whose tracing people can look through. */
const TRACED_UNITS = 5000;

/** The part of `text` that is traced for people: its beginning, cut between characters. */
export function tracedPart(text: string): string {
  const splitsPair = /[\ud800-\udbff]/.test(text.charAt(TRACED_UNITS - 1));
  return text.slice(0, splitsPair ? TRACED_UNITS - 1 : TRACED_UNITS);
}

/** How a tokenizer came to its tokens, stage by stage. */
export interface TokenTrace {
  /** Which files decided how the text is split: `tokenizer.json, with …`. */
  readonly source: string;
  /** The text cut at added tokens, before anything else happens to it. */
  readonly sections: readonly SectionTrace[];
  /** What came out, the same as without a trace. */
  readonly tokens: readonly Token[];
  /** Where each of `tokens` comes from. */
  readonly origins: readonly TokenOrigin[];
}

/** A text at one stage; unit `i` of it stands for `[starts[i], ends[i])` of the source. */
export interface AlignedString {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** The rule by which a part of the text was taken as one token. */
export interface AddedTokenRule {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** It is looked for after normalisation. */
  readonly normalized: boolean;
  readonly singleWord: boolean;
  /** It takes the whitespace on its left, right. */
  readonly stripsLeft: boolean;
  readonly stripsRight: boolean;
}

/** A stretch of the text: an added token, or what is normalised on its own. */
export interface SectionTrace {
  readonly source: AlignedString;
  readonly addedToken?: AddedTokenRule;
  /** After each normaliser, by its name in tokenizer.json. */
  readonly normalization: readonly { readonly component: string; readonly result: AlignedString }[];
  /** The normalised section cut at added tokens that are looked for there. */
  readonly parts: readonly PartTrace[];
}

/** A stretch of a normalised section: an added token, or what is split into words. */
export interface PartTrace {
  readonly normalized: AlignedString;
  readonly addedToken?: AddedTokenRule;
  /** After each pre-tokenizer, by its name in tokenizer.json. */
  readonly preTokenization: readonly {
    readonly component: string;
    readonly words: readonly AlignedString[];
  }[];
  /** What the model read, one by one. */
  readonly words: readonly WordTrace[];
}

/** What the model made of one word. */
export interface WordTrace {
  readonly word: AlignedString;
  /** The bytes that the word's characters stand for, in byte-level tokenizers. */
  readonly bytes?: readonly number[];
  readonly steps: ModelSteps;
  readonly pieces: readonly TracedPiece[];
}

/** A token of a word; `[from, to)` are UTF-16 units of the word. */
export interface TracedPiece {
  readonly id: number;
  readonly token: string;
  readonly from: number;
  readonly to: number;
  readonly unknown: boolean;
}

export type ModelSteps =
  | BpeSteps
  | WordPieceSteps
  | UnigramSteps
  | { readonly kind: 'WordLevel'; readonly known: boolean }
  /** The word is too long for its steps to be listed. */
  | { readonly kind: 'omitted' };

export interface BpeSteps {
  readonly kind: 'BPE';
  /** The word was in the vocabulary as a whole and no merge was looked for (`ignore_merges`). */
  readonly isWhole: boolean;
  /** What the merging begins with. */
  readonly symbols: readonly string[];
  /** Merges in the order in which they were done. */
  readonly merges: readonly BpeMerge[];
}

export interface BpeMerge {
  /** Line of the merge table; lower ones were learnt, and are done, first. */
  readonly rank: number;
  /** Place of the left symbol before the merge. */
  readonly at: number;
  readonly left: string;
  readonly right: string;
  readonly merged: string;
  /** Id of what was merged. */
  readonly id: number;
}

export interface WordPieceSteps {
  readonly kind: 'WordPiece';
  /** One entry a piece; the last one has no match where the word is unknown. */
  readonly matches: readonly WordPieceMatch[];
  /** The word has more characters than `max_input_chars_per_word`. */
  readonly isTooLong: boolean;
}

export interface WordPieceMatch {
  /** UTF-16 unit of the word at which the search began. */
  readonly from: number;
  /** Candidates that the vocabulary lacks, longest first. */
  readonly missed: readonly string[];
  readonly match?: string;
}

export interface UnigramSteps {
  readonly kind: 'Unigram';
  /** The most probable segmentations, best first; the first one was taken. */
  readonly segmentations: readonly Segmentation[];
  /** Every candidate piece. */
  readonly lattice: readonly LatticePiece[];
}

export interface Segmentation {
  readonly pieces: readonly string[];
  /** Log probability: the sum of the pieces' scores. */
  readonly score: number;
}

export interface LatticePiece {
  readonly text: string;
  /** UTF-16 units `[from, to)` of the word. */
  readonly from: number;
  readonly to: number;
  readonly score: number;
  /** In the vocabulary; otherwise one character at the price of an unknown one. */
  readonly known: boolean;
}

/** Which rule made a token. */
export type TokenOrigin =
  | {
      readonly kind: 'word';
      readonly section: number;
      readonly part: number;
      readonly word: number;
    }
  | { readonly kind: 'addedToken'; readonly section: number; readonly part?: number }
  /** A post-processor put it there; `template` is its rule in words, such as `[CLS] $A [SEP]`. */
  | { readonly kind: 'template'; readonly component: string; readonly template: string };
