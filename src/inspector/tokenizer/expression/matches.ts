import { shortened } from '../../files/shortened';
import { brokenTokenizer } from '../fields';
import { originalOf } from './oniguruma';

/** What is known of an expression from earlier texts. */
interface Known {
  /** Matches, start and end by turns, that took long to find. */
  readonly found: Map<string, ArrayLike<number>>;
  /** Texts on which the search was given up. */
  readonly givenUp: Set<string>;
}

/** Texts that are remembered for each expression. */
const REMEMBERED = 16;

const known = new WeakMap<RegExp, Known>();
/** The search that is going on, for whoever has to stop it. */
let current: Search | undefined;

/** An expression and the text that it is looked for in. */
export interface Search {
  readonly pattern: RegExp;
  readonly text: string;
}

/** Thrown instead of searching a text on which the search was given up before. */
export class GivenUpError extends Error {
  constructor(readonly search: Search) {
    super('this search was given up before');
  }
}

/**
 * Where a global expression matches, start and end by turns. It may run for ever: `runningSearch`
 * says what was at work when it was stopped.
 * @throws GivenUpError; InspectorError `tokenizer-broken` where a match is too long to be found
 */
export function matchesOf(pattern: RegExp, text: string): ArrayLike<number> {
  const { found, givenUp } = known.get(pattern) ?? {};
  if (givenUp?.has(text)) throw new GivenUpError({ pattern, text });
  const before = found?.get(text);
  if (before) return before;
  current = { pattern, text };
  try {
    const matches = findMatches(pattern, text);
    current = undefined;
    return matches;
  } catch (error) {
    // What an expression has to come back to is kept on a stack, which a single long match fills.
    if (!(error instanceof RangeError)) throw error;
    current = undefined;
    const expression = shortened(originalOf(pattern));
    const length = text.length.toLocaleString('en');
    throw brokenTokenizer(
      `its expression “${expression}” finds no end in ${length} characters: choose a shorter text`,
      error,
    );
  }
}

/** The search that was stopped before it ended; undefined where something else was at work. */
export function takeRunningSearch(): Search | undefined {
  const search = current;
  current = undefined;
  return search;
}

/** Remembers what a search found elsewhere, or, without matches, that it was given up. */
export function remember({ pattern, text }: Search, matches?: ArrayLike<number>): void {
  const entry: Known = known.get(pattern) ?? { found: new Map(), givenUp: new Set() };
  known.set(pattern, entry);
  const texts = matches ? entry.found : entry.givenUp;
  for (const oldest of texts.keys()) {
    if (texts.size < REMEMBERED) break;
    texts.delete(oldest);
  }
  if (matches) entry.found.set(text, matches);
  else entry.givenUp.add(text);
}

/** The search itself. It stands alone, so that its source can be handed to another thread. */
export function findMatches(pattern: RegExp, text: string): number[] {
  const matches: number[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const to = match.index + match[0].length;
    matches.push(match.index, to);
    // An empty match is followed by a search behind the next character.
    if (to === match.index) {
      pattern.lastIndex += (text.codePointAt(to) ?? 0) > 0xffff ? 2 : 1;
    }
  }
  return matches;
}
