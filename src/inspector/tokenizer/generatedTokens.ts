import type { Token } from '../../protocol/tokens';
import type { AlignedTokenizer } from './types';
import { entryText, vocabularyText } from './vocabularyText';

/** Longer words tell no better where the next one begins. */
const LONGEST_WORD = 64;
/** Tokens that one character may have: a byte each. */
const LONGEST_CHARACTER = 4;

/**
 * The tokens that a model generated: they stand for no character of a text, read like tokens of the
 * same tokenizer that do, and continue words as those would.
 * @param before what the model read before them
 */
export function generatedTokens(
  tokenizer: AlignedTokenizer,
  before: readonly Token[],
  ids: readonly number[],
): readonly Token[] {
  const keepsSpace = tokenizer.encode('a a').tokens.some(({ text }) => text.startsWith(' '));
  const tokens: Token[] = [];
  let word = wordAtEnd(before);
  for (const [i, id] of ids.entries()) {
    const next = ids.slice(i + 1, i + 1 + LONGEST_CHARACTER).map(id => tokenizer.tokenOf(id) ?? '');
    const token = generatedToken(tokenizer, id, word, next, keepsSpace);
    word = token.special ? '' : `${token.continues ? word : ''}${token.token}`;
    word = word.slice(-LONGEST_WORD);
    tokens.push({ ...token, index: before.length + tokens.length });
  }
  return tokens;
}

/** @param word the entries of the word so far, as the vocabulary spells them */
function generatedToken(
  tokenizer: AlignedTokenizer,
  id: number,
  word: string,
  next: readonly string[],
  keepsSpace: boolean,
): Omit<Token, 'index'> {
  const spelling = tokenizer.tokenOf(id) ?? `#${id}`;
  const { special, unknown } = asWritten(tokenizer, id, spelling);
  const isPiece = tokenizer.kind === 'WordPiece' && spelling.startsWith('##');
  const readable = special ? spelling : isPiece ? spelling.slice(2) : entryText(tokenizer, id);
  const text = keepsSpace || readable.trim() === '' ? readable : readable.trimStart();
  const continues = !special && word !== '' && joins(tokenizer, word, spelling, next);
  return { id, token: spelling, text, start: 0, end: 0, special, unknown, continues };
}

/**
 * Whether an entry that follows `word` is a piece of the same word.
 * @param next what follows it: bytes may need others to be a character
 */
function joins(
  tokenizer: AlignedTokenizer,
  word: string,
  spelling: string,
  next: readonly string[],
): boolean {
  if (tokenizer.kind === 'WordLevel') return false;
  if (tokenizer.kind === 'WordPiece') return spelling.startsWith('##');
  if (/^\s/.test(vocabularyText(spelling)) || word.endsWith('</w>')) return false;
  // Where the tokenizer itself would begin a word in the two together.
  const begins = vocabularyText(word).length;
  const wholes = next.map((_, i) => word + spelling + next.slice(0, i).join(''));
  const readable = wholes.map(vocabularyText).find((text, i) => !isBytes(text, wholes[i]));
  const whole = readable ?? vocabularyText(word + spelling);
  const { tokens } = tokenizer.encode(whole, { addSpecialTokens: false });
  return !tokens.some(({ token, start, continues }) => {
    const isBeginning = word.endsWith('▁') && token.startsWith('▁');
    return start === begins && !continues && !isBeginning;
  });
}

/** Whether `spelled` reads as itself only because its bytes are no whole characters. */
function isBytes(text: string, spelled: string | undefined): boolean {
  return text === spelled && /[^\p{ASCII}]/u.test(text);
}

/** What the tokenizer makes of an entry's spelling in a text: special tokens are found there as such. */
function asWritten(tokenizer: AlignedTokenizer, id: number, spelling: string) {
  const [token, ...others] = tokenizer.encode(spelling, { addSpecialTokens: false }).tokens;
  const isWhole = token?.id === id && others.length === 0;
  return { special: isWhole && token.special, unknown: isWhole && token.unknown };
}

/** The entries of the word that a sequence ends in; empty after a special token. */
function wordAtEnd(tokens: readonly Token[]): string {
  let word = '';
  for (const { special, continues, token } of tokens.toReversed()) {
    if (special || word.length > LONGEST_WORD) break;
    word = token + word;
    if (!continues) break;
  }
  return word.slice(-LONGEST_WORD);
}
