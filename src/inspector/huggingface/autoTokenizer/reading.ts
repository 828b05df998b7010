import type { Arguments } from './specialTokens';
import type { Family, TokenizerClass } from './tokenizerClasses';
import type { Json, TokenizerFiles } from './tokenizerFiles';
import type { Vocabulary } from './vocabularyOf';

/** What a class of `transformers` works on while it loads a folder. */
export interface Loading {
  readonly files: TokenizerFiles;
  /** tokenizer.json. */
  readonly json: Json;
  readonly kind: TokenizerClass;
  readonly given: Arguments;
  readonly vocabulary: Vocabulary;
}

/** The parts of a tokenizer.json that a class puts in the place of the file's own. */
export interface Changes {
  readonly normalizer?: Json | null;
  readonly pre_tokenizer?: Json | null;
  readonly post_processor?: Json | null;
  readonly model?: Json;
  /** Settings that made a difference, or would have. */
  readonly settings: readonly string[];
}

/** The pipelines that classes build anew, by family. */
export type Rebuilding = { readonly [F in Family]?: (loading: Loading) => Changes };
