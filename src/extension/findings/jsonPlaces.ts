/** Characters `[start, end)` of a text. */
export interface JsonPlace {
  readonly start: number;
  readonly end: number;
}

/** One replacement in a text. */
export interface JsonEdit extends JsonPlace {
  readonly text: string;
}

/**
 * Where the value at a path stands in a JSON text. Only what is on the way there is read: tokenizers have
 * millions of entries.
 * @param path names from the root to the value
 * @returns undefined where it is not there, or the text is no JSON up to there
 */
export function placeInJson(text: string, path: readonly string[]): JsonPlace | undefined {
  return unlessBroken(() => {
    let start = blanksFrom(text, text.startsWith('\uFEFF') ? 1 : 0);
    for (const name of path) {
      const member = membersAt(text, start)?.find(one => one.name === name);
      if (!member) return undefined;
      start = member.value.start;
    }
    return { start, end: valueEnd(text, start) };
  });
}

/**
 * What sets the value at a path and leaves the rest as it is written: the value is replaced, or added
 * behind the last member of its object, in the same manner.
 * @returns undefined where there is no object that it could be added to
 */
export function editOfJson(
  text: string,
  path: readonly string[],
  value: unknown,
): JsonEdit | undefined {
  const found = placeInJson(text, path);
  if (found) return { ...found, text: JSON.stringify(value) };
  const above = path.slice(0, -1);
  const name = path.at(-1);
  const object = placeInJson(text, above);
  if (!object && name !== undefined) return editOfJson(text, above, { [name]: value });
  const members = object && unlessBroken(() => membersAt(text, object.start));
  if (!members) return undefined;
  const added = `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
  const last = members.at(-1);
  if (!last) return { start: object.start + 1, end: object.end - 1, text: added };
  const blank = text.slice(blankBefore(text, last.start), last.start);
  return { start: last.value.end, end: last.value.end, text: `,${blank}${added}` };
}

/** A name with its value. */
interface Member {
  readonly name: string;
  /** Of the name. */
  readonly start: number;
  readonly value: JsonPlace;
}

/** Is thrown where a text is no JSON, and caught here. */
class BrokenError extends Error {}

function unlessBroken<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof BrokenError) return undefined;
    throw error;
  }
}

/** The members of the object at an offset; undefined where there is none. */
function membersAt(text: string, at: number): readonly Member[] | undefined {
  if (text[at] !== '{') return undefined;
  const members: Member[] = [];
  let next = blanksFrom(text, at + 1);
  while (text[next] !== '}') {
    const end = stringEnd(text, next);
    const colon = blanksFrom(text, end);
    if (text[colon] !== ':') throw new BrokenError();
    const start = blanksFrom(text, colon + 1);
    const value = { start, end: valueEnd(text, start) };
    members.push({ name: spelled(text.slice(next, end)), start: next, value });
    const comma = blanksFrom(text, value.end);
    if (text[comma] !== ',' && text[comma] !== '}') throw new BrokenError();
    next = text[comma] === ',' ? blanksFrom(text, comma + 1) : comma;
  }
  return members;
}

function spelled(literal: string): string {
  try {
    return String(JSON.parse(literal));
  } catch {
    throw new BrokenError();
  }
}

function valueEnd(text: string, start: number): number {
  if (text[start] === '"') return stringEnd(text, start);
  if (text[start] !== '{' && text[start] !== '[') return matchEnd(/[^\s,\]}]+/y, text, start);
  const brackets = /[[\]{}"]/g;
  let depth = 0;
  brackets.lastIndex = start;
  for (;;) {
    const sign = brackets.exec(text)?.[0];
    if (sign === undefined) throw new BrokenError();
    if (sign === '"') brackets.lastIndex = stringEnd(text, brackets.lastIndex - 1);
    else depth += sign === '{' || sign === '[' ? 1 : -1;
    if (depth === 0) return brackets.lastIndex;
  }
}

const stringEnd = (text: string, start: number): number =>
  matchEnd(/"[^"\\]*(?:\\.[^"\\]*)*"/y, text, start);

const blanksFrom = (text: string, start: number): number => matchEnd(/\s*/y, text, start);

function blankBefore(text: string, end: number): number {
  let start = end;
  while (start > 0 && /\s/.test(text.charAt(start - 1))) start--;
  return start;
}

function matchEnd(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  if (!pattern.test(text)) throw new BrokenError();
  return pattern.lastIndex;
}
