import { WordPiece } from '@huggingface/tokenizers';
import type { Fields } from '../fields';
import type { Model, Piece } from './model';
import { remembered } from './remembered';
import { unknownTokenOf } from './unknownToken';
import { checkVocabulary } from './vocabulary';

/** Longest match from left to right; a word that cannot be covered is unknown as a whole. */
export function wordPiece(fields: Fields): Model {
  const ids = checkVocabulary(fields);
  const unk = fields.string('unk_token', '[UNK]');
  const prefix = fields.string('continuing_subword_prefix', '##');
  const unknownToken = unknownTokenOf(ids, unk);
  const model = new WordPiece({
    type: 'WordPiece',
    vocab: fields.raw('vocab') as Record<string, number>,
    unk_token: unk,
    continuing_subword_prefix: prefix,
    max_input_chars_per_word: fields.integer('max_input_chars_per_word', 100),
  });
  const split = (word: string): Piece[] => {
    const tokens = model.encode([word]);
    if (tokens[0] === unk && word !== unk) {
      return [{ ...unknownToken(), from: 0, to: word.length, unknown: true }];
    }
    let at = 0;
    return tokens.map(token => {
      const from = at;
      at += token.length - (from === 0 ? 0 : prefix.length);
      return { id: ids.get(token) ?? 0, token, from, to: at, unknown: false };
    });
  };
  return { kind: 'WordPiece', ids, split: remembered(split) };
}
