import type { Token } from '../../protocol/tokens';
import type { Word } from '../../protocol/words';

/** Where a word stands in its sentence, UTF-16 `[start, end)`. */
interface Place {
  readonly start: number;
  readonly end: number;
}

/**
 * The tokens of each word: those that stand for one of its characters. Words that share a token both have it
 * (“don’t” may be one token and is two words); a word has none where the text was cut before it. Special
 * tokens belong to no word.
 * @param words in the order of the text
 */
export function alignWords(
  words: readonly Place[],
  tokens: readonly Token[],
): readonly (Word | undefined)[] {
  return words.map(({ start, end }) => {
    const covers = (token: Token) => !token.special && token.start < end && token.end > start;
    const first = tokens.findIndex(covers);
    return first < 0 ? undefined : { first, end: tokens.findLastIndex(covers) + 1 };
  });
}
