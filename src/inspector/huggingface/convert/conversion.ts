import type { Arguments } from '../autoTokenizer/specialTokens';
import type { TokenizerClass } from '../autoTokenizer/tokenizerClasses';
import type { Json } from '../autoTokenizer/tokenizerFiles';
import type { Vocabulary } from '../autoTokenizer/vocabularyOf';

/** What a converter reads. */
export interface ConversionInput {
  readonly folder: string;
  readonly kind: TokenizerClass;
  readonly given: Arguments;
}

/** The steps around the model of a tokenizer.json. */
export interface Steps {
  readonly normalizer: Json | null;
  readonly pre_tokenizer: Json | null;
  readonly post_processor: Json | null;
}

/** What older files hold, as a tokenizer.json holds it. */
export interface Conversion {
  /** Names of the files that were read, in words. */
  readonly name: string;
  readonly model: Json;
  /** Tokens that are looked for as a whole; their ids are those of the vocabulary. */
  readonly addedTokens: readonly Json[];
  /** The steps, which may name ids of tokens that are added to the vocabulary. */
  steps(vocabulary: Vocabulary): Steps;
}

/** Reads the files of a kind of tokenizer; undefined where the folder has none of them. */
export type Converter = (input: ConversionInput) => Promise<Conversion | undefined>;
