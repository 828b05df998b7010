import type { Leaf, Message, Messages } from './messages';

/**
 * How strings are marked: each of their units gets a sign that says where it comes from, white space
 * one that is white space too. `all` marks every unit; `words` leaves alone what the template has
 * between quotes, for which it may look; `letters` also white space and what JSON or HTML escapes.
 */
export type Marking = 'all' | 'words' | 'letters';

/** From the one that tells most to the one that changes least. */
export const MARKINGS: readonly Marking[] = ['all', 'words', 'letters'];

/** Signs that no text should have: the private use area. */
const FIRST_SIGN = 0xe000;
/** Two counts of signs: together they tell more units apart than a text may have. */
export const PERIODS = [6400, 6397] as const;
/** White space of one unit that trimming takes away and no template writes. */
const FIRST_SPACE = 0x2000;
const SPACES = 11;

const ESCAPED = /[\s"'\\<>&]/;

/** Units of all leaves, one leaf after the other. */
export class Units {
  readonly text: string;
  private readonly firsts: readonly number[];

  constructor(readonly leaves: readonly Leaf[]) {
    let at = 0;
    this.firsts = leaves.map(({ text }) => {
      const first = at;
      at += text.length;
      return first;
    });
    this.text = leaves.map(({ text }) => text.text).join('');
  }

  /** The unit of all at which a leaf begins. */
  first(leaf: number): number {
    return this.firsts[leaf] ?? 0;
  }

  /** The leaf of a unit. */
  leafOf(unit: number): number {
    let [low, high] = [0, this.firsts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.firsts[middle] ?? 0) <= unit) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Whether a text has signs of its own: then ours would say nothing. */
export const hasSigns = (text: string): boolean => /[\ue000-\uf8ff]/.test(text);

/** Whether a unit is a sign, and which one. */
export function signOf(text: string, at: number, period: number): number | undefined {
  const sign = text.charCodeAt(at) - FIRST_SIGN;
  return sign >= 0 && sign < period ? sign : undefined;
}

/** Whether a unit is one of the spaces that stand for white space. */
export function isSpaceSign(text: string, at: number): boolean {
  const space = text.charCodeAt(at) - FIRST_SPACE;
  return space >= 0 && space < SPACES;
}

/** The units of all leaves, marked. @param source of the template, whose own words stay */
export function signsOf(units: Units, marking: Marking, period: number, source: string): string {
  const words = marking === 'all' ? [] : wordsOf(source);
  const kept = keptUnits(units.text, words, marking === 'letters');
  const signs = Array.from({ length: units.text.length }, (_, at) => {
    const unit = units.text.charAt(at);
    if (kept[at] === 1) return unit;
    const isSpace = /\s/.test(unit);
    return String.fromCharCode(isSpace ? FIRST_SPACE + (at % SPACES) : FIRST_SIGN + (at % period));
  });
  return signs.join('');
}

/** The messages with such units. */
export function withSigns({ messages }: Messages, units: Units, signs: string): readonly Message[] {
  const copies = structuredClone(messages) as Message[];
  units.leaves.forEach(({ message, path, text }, leaf) => {
    const first = units.first(leaf);
    put(copies[message], path, signs.slice(first, first + text.length));
  });
  return copies;
}

/** 1 for units that stay as they are. */
function keptUnits(text: string, words: readonly string[], keepsEscaped: boolean): Uint8Array {
  const kept = new Uint8Array(text.length);
  if (keepsEscaped) kept.forEach((_, i) => (kept[i] = ESCAPED.test(text.charAt(i)) ? 1 : 0));
  for (const word of words) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
      kept.fill(1, at, at + word.length);
    }
  }
  return kept;
}

/** Strings that a template has between quotes. */
function wordsOf(source: string): readonly string[] {
  const words = new Set<string>();
  for (const [, single, double] of source.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gs)) {
    const word = (single ?? double ?? '').replace(/\\(.)/gs, (_, char: string) =>
      char === 'n' ? '\n' : char === 't' ? '\t' : char,
    );
    if (word !== '') words.add(word);
  }
  return [...words];
}

function put(target: unknown, path: readonly (string | number)[], value: string): void {
  let at = target;
  for (const key of path.slice(0, -1)) at = (at as Record<string | number, unknown>)[key];
  const last = path.at(-1);
  if (last !== undefined) (at as Record<string | number, unknown>)[last] = value;
}
