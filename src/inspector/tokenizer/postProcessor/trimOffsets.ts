import { SPACE_CHARACTER } from '../bytes';
import type { EncodedToken } from '../encodedToken';
import { isWhitespace, unitsAt } from '../unicode';

/**
 * Takes the spaces at both ends of a token out of its range (`process_offsets` of the reference).
 * One leading space at the text's beginning is kept where the tokenizer puts one there.
 */
export function trimOffsets(
  tokens: readonly EncodedToken[],
  sources: readonly string[],
  addsPrefixSpace: boolean,
): EncodedToken[] {
  return tokens.map((token, i) => {
    const source = sources[token.sequence ?? 0] ?? '';
    const chars = token.token;
    let leading = 0;
    while (leading < chars.length && isSpace(chars.charAt(leading))) leading++;
    let trailing = 0;
    while (trailing < chars.length && isSpace(chars.charAt(chars.length - 1 - trailing)))
      trailing++;
    if (leading === 0 && trailing === 0) return token;
    const isFirst = i === 0 || token.start === 0;
    if (isFirst && addsPrefixSpace && leading === 1) leading = 0;
    const start = Math.min(forwards(source, token.start, leading), token.end);
    const end =
      trailing > 0 && token.end >= trailing
        ? Math.max(backwards(source, token.end, trailing), start)
        : token.end;
    return { ...token, start, end };
  });
}

function isSpace(char: string): boolean {
  return char === SPACE_CHARACTER || isWhitespace(char);
}

/** `count` code points on from `index`. */
function forwards(text: string, index: number, count: number): number {
  let at = index;
  for (let i = 0; i < count && at < text.length; i++) at += unitsAt(text, at);
  return at;
}

/** `count` code points back from `index`. */
function backwards(text: string, index: number, count: number): number {
  let at = index;
  for (let i = 0; i < count && at > 0; i++) at -= at > 1 && unitsAt(text, at - 2) === 2 ? 2 : 1;
  return at;
}
