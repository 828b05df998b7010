/** A test of one character (code point), `pattern` but not `except`, that remembers its answers. */
export function characterTest(
  pattern: RegExp,
  except?: (char: string) => boolean,
): (char: string) => boolean {
  const known = new Map<string, boolean>();
  return char => {
    let answer = known.get(char);
    if (answer === undefined) {
      answer = pattern.test(char) && !except?.(char);
      known.set(char, answer);
    }
    return answer;
  };
}

/** Unicode's White_Space, as Rust's `char::is_whitespace`; JavaScript's `\s` differs at U+0085 and U+FEFF. */
export const isWhitespace = characterTest(/^\p{White_Space}$/u);

/** UTF-16 units of the code point that starts at `index`. */
export function unitsAt(text: string, index: number): 1 | 2 {
  const unit = text.charCodeAt(index);
  return unit >= 0xd800 && unit < 0xdc00 && index + 1 < text.length ? 2 : 1;
}

/** Number of code points in `text`. */
export function codePointCount(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i += unitsAt(text, i)) count++;
  return count;
}

/** Only ASCII characters: each is one unit, one byte and its own grapheme. */
export function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
