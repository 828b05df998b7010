import {
  splitAddedTokens,
  type AddedTokenTrie,
  type Section,
} from './addedTokens/splitAddedTokens';
import { AlignedText } from './alignedText';
import type { EncodedToken } from './encodedToken';
import type { Model, Piece } from './model/model';
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

/** Sees every stage of one text as it is passed. */
export interface StageObserver {
  /** The name of the component that runs next, for messages. */
  enter?(stage: string): void;
  section?(section: Section): void;
  normalized?(type: string, text: AlignedText): void;
  preTokenized?(type: string, words: readonly AlignedText[]): void;
  word?(word: AlignedText, pieces: readonly Piece[]): void;
}

/** Text → tokens without the post-processor's part. */
export function encodeText(
  components: Components,
  source: string,
  sequence: number,
  observer: StageObserver,
): EncodedToken[] {
  const tokens: EncodedToken[] = [];
  for (const section of sectionsOf(components, source, observer)) {
    observer.section?.(section);
    if (section.token) tokens.push(addedToken(section.text, section.token, sequence));
    else {
      for (const word of wordsOf(components, section.text, observer)) {
        observer.enter?.(`model ${components.model.kind}`);
        const pieces = components.model.split(word.text);
        observer.word?.(word, pieces);
        pushPieces(tokens, word, pieces, source, sequence);
      }
    }
  }
  return tokens;
}

/** Normalises `text` step by step. */
export function normalizeText(
  components: Pick<Components, 'normalizers'>,
  text: AlignedText,
  observer: StageObserver = {},
): AlignedText {
  let current = text;
  for (const normalizer of components.normalizers) {
    observer.enter?.(`normalizer ${normalizer.type}`);
    current = normalizer.normalize(current);
    observer.normalized?.(normalizer.type, current);
  }
  return current;
}

/** Splits a normalised section into the words that the model reads. */
export function wordsOf(
  components: Pick<Components, 'preTokenizers'>,
  section: AlignedText,
  observer: StageObserver = {},
): readonly AlignedText[] {
  let words: readonly AlignedText[] = [section];
  for (const preTokenizer of components.preTokenizers) {
    observer.enter?.(`pre-tokenizer ${preTokenizer.type}`);
    words = words.flatMap(word => preTokenizer.split(word)).filter(word => word.length > 0);
    observer.preTokenized?.(preTokenizer.type, words);
  }
  return words;
}

function* sectionsOf(
  components: Components,
  source: string,
  observer: StageObserver,
): Generator<Section> {
  for (const section of splitAddedTokens(AlignedText.from(source), components.addedTokens)) {
    if (section.token) yield section;
    else {
      const text = normalizeText(components, section.text, observer);
      // A section's place counts from what is left of it after normalisation.
      yield* splitAddedTokens(text.slice(0), components.normalizedAddedTokens);
    }
  }
}

function addedToken(
  text: AlignedText,
  token: NonNullable<Section['token']>,
  sequence: number,
): EncodedToken {
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
    const end = word.end(to - 1);
    const continues = !isFirst && !beginsWord(source, start);
    tokens.push({
      id,
      token,
      start,
      end,
      special: false,
      unknown,
      continues,
      sequence,
      typeId: sequence,
    });
    isFirst = false;
  }
}

/** Whether people see a new word at `index`: models without a pre-tokenizer read whole texts as one word. */
function beginsWord(source: string, index: number): boolean {
  return (
    isWhitespace(source.charAt(index)) || (index > 0 && /[\n\r]/.test(source.charAt(index - 1)))
  );
}
