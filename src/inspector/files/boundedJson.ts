/** Throws the error of a file that is not as it should be; `what` goes on a sentence about it. */
export type Fail = (what: string) => never;

/** What a JSON text may hold; parsing takes many times the memory of a text of nothing but brackets. */
export interface JsonBounds {
  /** Lists and objects within each other. */
  readonly depth: number;
  /** Lists, objects and what they hold. */
  readonly values: number;
}

const Character = {
  quote: 0x22,
  comma: 0x2c,
  list: 0x5b,
  backslash: 0x5c,
  endOfList: 0x5d,
  object: 0x7b,
  endOfObject: 0x7d,
} as const;

/**
 * Parses JSON that somebody else wrote, once it is known to be within bounds.
 * @param what the text is, for the sentence: “its header”
 * @throws whatever `fail` throws
 */
export function parseBounded(text: string, bounds: JsonBounds, what: string, fail: Fail): unknown {
  checkBounds(text, bounds, what, fail);
  try {
    return JSON.parse(text);
  } catch {
    return fail(`${what} is not JSON`);
  }
}

function checkBounds(text: string, bounds: JsonBounds, what: string, fail: Fail): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case Character.quote:
        at = endOfString(text, at);
        break;
      case Character.list:
      case Character.object:
        if (++depth > bounds.depth) fail(`${what} is nested deeper than ${bounds.depth} levels`);
        values++;
        break;
      case Character.endOfList:
      case Character.endOfObject:
        depth--;
        break;
      case Character.comma:
        values++;
    }
    if (values > bounds.values) {
      fail(`${what} holds more than ${bounds.values.toLocaleString('en')} values`);
    }
  }
}

/** Where the string that begins at `start` ends; the end of the text where it does not. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === Character.backslash) at++;
    else if (character === Character.quote) return at;
  }
  return text.length;
}
