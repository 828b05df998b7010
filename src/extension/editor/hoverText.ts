import type { TextRange } from '../subject/trackRange';

/** Most characters of a line that a hover splits. */
export const LONGEST_HOVER = 1000;
/** How far before a cut a space is looked for. */
const REACH = 100;

/**
 * The part of a line that a hover at `character` is about: the line, or one of the parts of a long
 * one. All characters of a part have the same one, so that it is split once.
 */
export function hoverPart(line: string, character: number): TextRange {
  const part = Math.floor(Math.min(character, line.length - 1) / LONGEST_HOVER);
  let start = cutBefore(line, part * LONGEST_HOVER);
  let end = cutBefore(line, (part + 1) * LONGEST_HOVER);
  // The cut before the part's end may lie before the pointer: then it is about the next part.
  if (character >= end && end < line.length) {
    start = end;
    end = cutBefore(line, (part + 2) * LONGEST_HOVER);
  }
  return { start, end };
}

/** The last place at or before `at` where a space begins, else one that cuts no character in two. */
function cutBefore(line: string, at: number): number {
  if (at <= 0) return 0;
  if (at >= line.length) return line.length;
  const space = line.lastIndexOf(' ', at);
  if (space > at - REACH) return space;
  const unit = line.charCodeAt(at);
  return unit >= 0xdc00 && unit < 0xe000 ? at - 1 : at;
}
