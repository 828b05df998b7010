import { basename } from 'node:path';
import { InspectorError } from '../../../../protocol/errors';
import { shortened } from '../../../files/shortened';
import type { GgufMetadata } from '../../../weights/gguf/ggufMetadata';
import {
  ggufVocabulary,
  TokenType,
  type GgufVocabulary,
} from '../../../weights/gguf/ggufVocabulary';
import type { Json } from '../../autoTokenizer/tokenizerFiles';
import { MOST_ENTRIES, tooMany } from '../vocabularyFile';
import { byteLevelModel } from './byteLevelModel';
import { sentencePieceModel } from './sentencePieceModel';
import type { GgufConverter } from './ggufPipeline';
import { wordPieceModel } from './wordPieceModel';

/** By `tokenizer.ggml.model`. */
const CONVERTERS: Readonly<Record<string, GgufConverter>> = {
  gpt2: byteLevelModel,
  llama: sentencePieceModel,
  bert: wordPieceModel,
};

/**
 * The tokenizer inside a GGUF file as a tokenizer.json that needs no other file.
 * @throws InspectorError `tokenizer-missing` where there is none, or one of a kind or with rules that
 * are not known; `tokenizer-broken` where it cannot be used
 */
export function ggufTokenizer(metadata: GgufMetadata): Json {
  const name = shortened(basename(metadata.path));
  const vocabulary = ggufVocabulary(metadata);
  if (!vocabulary) {
    throw new InspectorError(
      'tokenizer-missing',
      `${name} holds no tokenizer: choose a tokenizer.json of the same model for it.`,
    );
  }
  if (vocabulary.tokens.length > MOST_ENTRIES) {
    throw tooMany(name, vocabulary.tokens.length, 'tokens');
  }
  const { model } = vocabulary;
  const convert = Object.hasOwn(CONVERTERS, model) ? CONVERTERS[model] : undefined;
  if (!convert) {
    throw new InspectorError(
      'tokenizer-missing',
      `The tokenizer in ${name} is of the kind “${shortened(model)}”, which is not known; choose a tokenizer.json of the same model for it.`,
    );
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary),
    ...convert(vocabulary, metadata, name),
  };
}

/** Tokens that are looked for as a whole, before anything else is done to a text. */
function addedTokens({ tokens, typeOf, model }: GgufVocabulary): Json[] {
  return tokens.flatMap((content, id) => {
    const type = typeOf(id);
    const isUserDefined = type === TokenType.userDefined && !isSpaces(content, model);
    // Byte-level vocabularies have no unknown token; some mark a usual one so.
    const isUnknown = type === TokenType.unknown && model !== 'gpt2';
    const isSpecial = type === TokenType.control || isUnknown;
    if (!(isSpecial || isUserDefined) || content === '') return [];
    const strips = { single_word: false, lstrip: false, rstrip: false };
    return [{ id, content, ...strips, normalized: false, special: isSpecial }];
  });
}

/** Runs of spaces of a SentencePiece vocabulary become pieces like others. */
function isSpaces(content: string, model: string): boolean {
  return model === 'llama' && /^ +$/.test(content);
}
