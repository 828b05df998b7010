import { tokenizerKey, TokenType } from '../../../weights/gguf/ggufVocabulary';
import { mergesByScore } from '../sentencePieceMerges';
import { brokenFile } from '../vocabularyFile';
import type { GgufConverter } from './ggufPipeline';
import { idsOf, templateFor } from './ggufTemplate';

const SPACES = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };

/**
 * SentencePiece's byte-pair encoding: the merges follow from the scores. A space is put before each
 * text unless the file says otherwise, as SentencePiece and llama.cpp do.
 */
export const sentencePieceModel: GgufConverter = (vocabulary, metadata, name) => {
  const scores = metadata.numbers(tokenizerKey('scores'));
  if (scores?.length !== vocabulary.tokens.length) {
    throw brokenFile(name, 'its tokenizer has no score for each token');
  }
  // Runs of spaces are stored as they stand in a text, and come before all merges.
  const pieces = vocabulary.tokens.map(token => (isRun(token) ? '▁'.repeat(token.length) : token));
  const entries = vocabulary.tokens.flatMap((token, id): [string, number][] => {
    const type = vocabulary.typeOf(id);
    if (type === TokenType.userDefined && isRun(token)) return [[pieces[id] ?? '', Infinity]];
    return type === TokenType.normal ? [[token, scores[id] ?? 0]] : [];
  });
  const hasPrefix = metadata.flag(tokenizerKey('add_space_prefix')) ?? true;
  const unknown = vocabulary.spellingOf('unk') ?? vocabulary.tokens[0];
  return {
    model: {
      type: 'BPE',
      vocab: idsOf(pieces),
      merges: mergesByScore(
        new Map(pieces.map((piece, id) => [piece, id])),
        new Map(entries),
        name,
      ),
      unk_token: unknown,
      fuse_unk: true,
      byte_fallback: true,
    },
    normalizer: hasPrefix
      ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, SPACES] }
      : SPACES,
    pre_tokenizer: null,
    post_processor: templateFor(vocabulary, { bos: true, eos: false }),
  };
};

function isRun(token: string): boolean {
  return /^ +$/.test(token);
}
