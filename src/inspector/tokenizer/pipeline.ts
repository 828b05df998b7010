import type { AddedToken } from './addedTokens/addedToken';
import { splitAddedTokens, type AddedTokenTrie } from './addedTokens/splitAddedTokens';
import { AlignedText } from './alignedText';
import type { EncodedToken } from './encodedToken';
import type { Model, Piece } from './model/tokenModel';
import type { Normalizer } from './normalizer/normalizer';
import type { PostProcessor } from './postProcessor/postProcessor';
import type { PreTokenizer } from './preTokenizer/preTokenizer';
import { isWhitespace } from './unicode';

/** The parts of a tokenizer.json, ready to run. */
export interface Components {
  /** Added tokens looked for in the text as it is, and in the normalised text. */
  readonly addedTokens: AddedTokenTrie;
  readonly normalizedAddedTokens: AddedTokenTrie;
  readonly normalizers: readonly Normalizer[];
  readonly preTokenizers: readonly PreTokenizer[];
  readonly model: Model;
  readonly postProcessors: readonly PostProcessor[];
}

/** Sees a text at every stage. */
export interface StageObserver {
  /** The component that runs next, in words. */
  enter?(component: string): void;
  /** A stretch of the source: an added token, or what is normalised on its own. */
  section?(text: AlignedText, token: AddedToken | undefined): void;
  normalized?(component: string, text: AlignedText): void;
  /** A stretch of a normalised section: an added token, or what is split into words. */
  part?(text: AlignedText, token: AddedToken | undefined): void;
  preTokenized?(component: string, words: readonly AlignedText[]): void;
  word?(word: AlignedText): void;
}

/** Text → tokens, without the post-processor's part: `encode_single_sequence` of the reference. */
export function encodeText(
  components: Components,
  source: string,
  sequence: number,
  observer: StageObserver,
): EncodedToken[] {
  const tokens: EncodedToken[] = [];
  const { addedTokens, normalizedAddedTokens, model } = components;
  for (const section of splitAddedTokens(AlignedText.from(source), addedTokens)) {
    observer.section?.(section.text, section.token);
    if (section.token) {
      tokens.push(addedToken(section.text, section.token, sequence));
      continue;
    }
    // Slicing makes the text begin where its first character stands that normalisation left.
    const normalized = normalizeText(components, section.text, observer).slice(0);
    for (const part of splitAddedTokens(normalized, normalizedAddedTokens)) {
      observer.part?.(part.text, part.token);
      if (part.token) {
        tokens.push(addedToken(part.text, part.token, sequence));
        continue;
      }
      for (const word of splitWords(components, part.text, observer)) {
        observer.enter?.(`model (${model.kind})`);
        observer.word?.(word);
        pushPieces(tokens, word, model.split(word.text), source, sequence);
      }
    }
  }
  return tokens;
}

/** Normalises `text` step by step. */
export function normalizeText(
  components: Pick<Components, 'normalizers'>,
  text: AlignedText,
  observer: StageObserver,
): AlignedText {
  let current = text;
  for (const normalizer of components.normalizers) {
    observer.enter?.(`normalizer (${normalizer.type})`);
    current = normalizer.normalize(current);
    observer.normalized?.(normalizer.type, current);
  }
  return current;
}

/** Splits normalised text into the words that the model reads. */
export function splitWords(
  components: Pick<Components, 'preTokenizers'>,
  text: AlignedText,
  observer: StageObserver,
): readonly AlignedText[] {
  let words: readonly AlignedText[] = [text];
  for (const preTokenizer of components.preTokenizers) {
    observer.enter?.(`pre-tokenizer (${preTokenizer.type})`);
    words = words.flatMap(word => preTokenizer.split(word)).filter(word => word.length > 0);
    observer.preTokenized?.(preTokenizer.type, words);
  }
  return words;
}

function addedToken(text: AlignedText, token: AddedToken, sequence: number): EncodedToken {
  return {
    id: token.id,
    token: text.text,
    start: text.start(0),
    end: text.end(text.length - 1),
    special: token.special,
    unknown: false,
    continues: false,
    sequence,
    typeId: sequence,
  };
}

function pushPieces(
  tokens: EncodedToken[],
  word: AlignedText,
  pieces: readonly Piece[],
  source: string,
  sequence: number,
): void {
  let isFirst = true;
  for (const { id, token, from, to, unknown } of pieces) {
    const start = word.start(from);
    tokens.push({
      id,
      token,
      start,
      end: word.end(to - 1),
      special: false,
      unknown,
      continues: !isFirst && !beginsWord(source, start),
      sequence,
      typeId: sequence,
    });
    isFirst = false;
  }
}

/** Whether people see a word begin at `index`: models without a pre-tokenizer read a whole text as one word. */
function beginsWord(source: string, index: number): boolean {
  return isWhitespace(source.charAt(index)) || isLineBreak(source.charCodeAt(index - 1));
}

function isLineBreak(unit: number): boolean {
  return unit === 0x0a || unit === 0x0d;
}
