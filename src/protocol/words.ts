import type { Token } from './tokens';

/** Tokens `[first, end)` that make one word; a special token is a word of its own. */
export interface Word {
  readonly first: number;
  readonly end: number;
}

/** Groups tokens into words: a token that continues the one before it joins its word. */
export function wordsOf(tokens: readonly Token[]): readonly Word[] {
  const words: { first: number; end: number }[] = [];
  tokens.forEach((token, i) => {
    const last = words.at(-1);
    const joins = token.continues && !token.special && i > 0 && !tokens[i - 1]?.special;
    if (last && joins) last.end = i + 1;
    else words.push({ first: i, end: i + 1 });
  });
  return words;
}

/** Index of the word that a token is part of; -1 where there is none. */
export const wordOf = (words: readonly Word[], token: number): number =>
  words.findIndex(({ first, end }) => first <= token && token < end);
