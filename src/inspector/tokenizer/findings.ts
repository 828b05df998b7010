import type { Finding } from '../../protocol/findings';
import type { Token, TokenizedText } from '../../protocol/tokens';
import { invisibleCharacters, type InvisibleCharacter } from './invisibleCharacters';
import type { AlignedTokenizer } from './types';

/** How long a text may be; undefined where the model says nothing. */
export interface FindingLimits {
  /** The setting. */
  readonly maximumTokens: number;
  /** What the model accepts. */
  readonly maximumPositions?: number | undefined;
}

/** Findings of one kind that are listed; a text with more has told its story. */
const MOST = 100;
/** Characters before and after an invisible one whose split is compared. */
const CONTEXT = 48;
/** Invisible characters that are tried: each takes two splits of its surroundings. */
const TRIED = 500;

/**
 * What a tokenizer meets in `text`: unknown tokens, special tokens that are written in it, invisible
 * characters that change the split, and what lies beyond the maximum; in the order of the text.
 */
export function findFindings(
  tokenizer: AlignedTokenizer,
  text: string,
  limits: FindingLimits,
): Finding[] {
  const whole = tokenizer.encode(text);
  return [
    ...distinct(whole.tokens.filter(token => token.unknown)).map(unknown),
    ...distinct(whole.tokens.filter(token => token.special)).map(special),
    ...changing(tokenizer, text).map(invisible),
    ...beyond(tokenizer, text, whole, limits),
  ].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Tokens that stand for characters, one of those that share them, not more than are listed. */
function distinct(tokens: readonly Token[]): Token[] {
  const real = tokens.filter(({ start, end }) => end > start);
  return real.filter(({ start }, i) => real[i - 1]?.start !== start).slice(0, MOST);
}

function unknown({ text, token, start, end }: Token): Finding {
  const message = `“${shorten(text)}” is not in the model’s vocabulary: the model reads ${token} instead.`;
  return { code: 'unknown-token', start, end, message };
}

function special({ text, token, id, start, end }: Token): Finding {
  const message = `“${shorten(text.trim())}” is read as the special token ${token} (id ${id}), not as text.`;
  return { code: 'special-token', start, end, message };
}

function invisible({ name, start, end, plain }: InvisibleCharacter): Finding {
  const message =
    plain === ''
      ? `Invisible ${name}: without it the text is split differently.`
      : `This looks like a space but is a ${name}: with a plain space the text is split differently.`;
  return { code: 'invisible-character', start, end, message };
}

/** The invisible characters without which their surroundings have other tokens. */
function changing(tokenizer: AlignedTokenizer, text: string): InvisibleCharacter[] {
  const found: InvisibleCharacter[] = [];
  let tried = 0;
  for (const character of invisibleCharacters(text)) {
    if (found.length === MOST || tried++ === TRIED) break;
    const before = text.slice(contextStart(text, character.start), character.start);
    const after = text.slice(character.end, contextEnd(text, character.end));
    const present = text.slice(character.start, character.end);
    const ids = (source: string) => tokenizer.encode(source).tokens.map(token => token.id);
    const [now, then] = [present, character.plain].map(each => ids(before + each + after));
    if (String(now) !== String(then)) found.push(character);
  }
  return found;
}

function contextStart(text: string, at: number): number {
  const start = Math.max(0, at - CONTEXT);
  return isSecondHalf(text, start) ? start - 1 : start;
}

function contextEnd(text: string, at: number): number {
  const end = Math.min(text.length, at + CONTEXT);
  return isSecondHalf(text, end) ? end + 1 : end;
}

function isSecondHalf(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit < 0xe000;
}

/** The text that no run reads. */
function beyond(
  tokenizer: AlignedTokenizer,
  text: string,
  { total }: TokenizedText,
  { maximumTokens, maximumPositions = Infinity }: FindingLimits,
): Finding[] {
  const maximum = Math.min(maximumTokens, maximumPositions);
  if (total <= maximum) return [];
  const [cut] = tokenizer.encode(text, { maximumTokens: maximum }).overflow ?? [];
  if (!cut) return [];
  const number = (value: number) => value.toLocaleString('en-US');
  const why =
    maximumPositions <= maximumTokens
      ? `the model accepts ${number(maximum)}`
      : `the setting “attentionDebugger.maximumTokens” takes ${number(maximum)}`;
  const message = `The text has ${number(total)} tokens and ${why}: ${number(cut.tokens)} of them are not read.`;
  const { start, end } = cut;
  return [{ code: 'beyond-maximum', start, end, message }];
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
