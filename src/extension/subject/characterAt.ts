import type { TextRange } from './trackRange';

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
