import { WordPiece } from '@huggingface/tokenizers';
import type { WordPieceMatch } from '../../../protocol/tokenTrace';
import type { Fields } from '../fields';
import { codePointCount } from '../unicode';
import type { Model, Piece } from './tokenModel';
import { remembered } from './remembered';
import { unknownTokenOf } from './unknownToken';
import { checkVocabulary } from './vocabulary';

/** Longest match from left to right; a word that cannot be covered is unknown as a whole. */
export function wordPiece(fields: Fields): Model {
  const unk = fields.string('unk_token', '[UNK]');
  const prefix = fields.string('continuing_subword_prefix', '##');
  const longest = fields.integer('max_input_chars_per_word', 100);
  const model = new WordPiece({
    type: 'WordPiece',
    vocab: checkVocabulary(fields),
    unk_token: unk,
    continuing_subword_prefix: prefix,
    max_input_chars_per_word: longest,
  });
  const ids = model.tokens_to_ids;
  const unknownToken = unknownTokenOf(ids, unk);

  const unknownWord = (word: string): Piece[] => [
    { ...unknownToken(), from: 0, to: word.length, unknown: true },
  ];
  const pieces = (tokens: readonly string[]): Piece[] => {
    let at = 0;
    return tokens.map(token => {
      const from = at;
      at += token.length - (from === 0 ? 0 : prefix.length);
      return { id: ids.get(token) ?? 0, token, from, to: at, unknown: false };
    });
  };
  const split = (word: string): Piece[] => {
    const tokens = model.encode([word]);
    return tokens[0] === unk && word !== unk ? unknownWord(word) : pieces(tokens);
  };
  return {
    kind: 'WordPiece',
    ids,
    split: remembered(split),
    trace(word) {
      const isTooLong = codePointCount(word) > longest;
      const matches = isTooLong ? [] : longestMatches(ids, word, prefix);
      const tokens = matches.flatMap(({ match }) => match ?? []);
      const isKnown = !isTooLong && tokens.length === matches.length;
      return {
        pieces: isKnown ? pieces(tokens) : unknownWord(word),
        steps: { kind: 'WordPiece', matches, isTooLong },
      };
    },
  };
}

/** Greedy longest match; ends early, without a match, where no piece begins the rest of the word. */
function longestMatches(
  ids: ReadonlyMap<string, number>,
  word: string,
  prefix: string,
): WordPieceMatch[] {
  const matches: WordPieceMatch[] = [];
  for (let from = 0; from < word.length;) {
    const chars = Array.from(word.slice(from));
    const missed: string[] = [];
    let match: string | undefined;
    while (chars.length > 0 && match === undefined) {
      const candidate = (from > 0 ? prefix : '') + chars.join('');
      if (ids.has(candidate)) match = candidate;
      else {
        missed.push(candidate);
        chars.pop();
      }
    }
    if (match === undefined) return [...matches, { from, missed }];
    matches.push({ from, missed, match });
    from += chars.join('').length;
  }
  return matches;
}
