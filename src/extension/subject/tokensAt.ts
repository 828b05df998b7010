import type { CaptureSummary } from '../../protocol/capture';
import type { Token } from '../../protocol/tokens';
import type { TextRange } from './trackRange';

/** The tokens that stand for the editor's text: an encoder reads it where there is one. */
export function textTokens(capture: CaptureSummary): readonly Token[] {
  return capture.tokens.encoder ?? capture.tokens.decoder ?? [];
}

/**
 * Indices of all tokens of a selection; for a cursor those of the character that people see there, or
 * the ones that end there.
 */
export function tokensUnder(
  tokens: readonly Token[],
  text: string,
  { start, end }: TextRange,
): number[] {
  if (start !== end) return tokensAt(tokens, start, end);
  const character = characterAt(text, start);
  const found = tokensAt(tokens, character.start, character.end);
  return found.length > 0 ? found : tokensAt(tokens, start, start);
}

/**
 * Indices of the tokens that the characters `[start, end)` touch; for a cursor (`start` = `end`)
 * those around it, or the ones that end there.
 */
export function tokensAt(tokens: readonly Token[], start: number, end: number): number[] {
  const real = tokens.filter(token => token.end > token.start);
  const touched = real.filter(
    start === end
      ? token => token.start <= start && start < token.end
      : token => token.start < end && start < token.end,
  );
  const found =
    touched.length > 0 ? touched : real.filter(token => start === end && token.end === start);
  return found.map(token => token.index);
}

/** No character that people see has more units than this but made-up ones. */
const LONGEST = 64;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The character that people see at a cursor: an emoji with its skin tone, a letter with its accents.
 * Empty at the end of the text and outside.
 */
export function characterAt(text: string, cursor: number): TextRange {
  if (cursor < 0 || cursor >= text.length) return { start: cursor, end: cursor };
  const from = Math.max(0, cursor - LONGEST);
  const around = text.slice(from, cursor + LONGEST);
  const found = segmenter.segment(around).containing(cursor - from);
  if (!found) return { start: cursor, end: cursor };
  const start = from + found.index;
  return { start, end: start + found.segment.length };
}
