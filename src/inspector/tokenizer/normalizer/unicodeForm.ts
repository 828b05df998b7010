import type { AlignedText, Change } from '../alignedText';
import { isAfterUnicode9 } from '../unicodeAge';

export type UnicodeForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

/**
 * A Unicode normalisation form (UAX 15) with alignment: a character that decomposes gives its range
 * to all parts, characters that compose keep the range of the first.
 */
export function normalizeForm(text: AlignedText, form: UnicodeForm): AlignedText {
  if (text.text.normalize(form) === text.text) return text;
  const decomposed = decompose(text.text, form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD');
  return text.transformed(form === 'NFC' || form === 'NFKC' ? compose(decomposed) : decomposed);
}

/** Full decomposition in canonical order. */
function decompose(text: string, form: 'NFD' | 'NFKD'): Change[] {
  const changes: Change[] = [];
  let marks: Change[] = [];
  const flush = () => {
    changes.push(...inCanonicalOrder(marks));
    marks = [];
  };
  for (const char of text) {
    let change = 0;
    for (const part of isAfterUnicode9(char) ? char : char.normalize(form)) {
      if (!isMark(part)) flush();
      (isMark(part) ? marks : changes).push([part, change]);
      change = 1;
    }
  }
  flush();
  return changes;
}

/** Canonical composition of a decomposed text (UAX 15, definition D117). */
function compose(decomposed: readonly Change[]): Change[] {
  const changes: Change[] = [];
  let starter: Change | undefined;
  let marks: Change[] = [];
  for (const change of decomposed) {
    const [char] = change;
    const isStarter = !isMark(char);
    const lastMark = marks.at(-1)?.[0];
    if (!starter) {
      if (isStarter) starter = change;
      else changes.push(change);
      continue;
    }
    const isBlocked = lastMark !== undefined && (isStarter || !isOrderedBefore(lastMark, char));
    const composite = isBlocked ? undefined : compositeOf(starter[0], char);
    if (composite !== undefined) starter = [composite, starter[1] + change[1] - 1];
    else if (isStarter) {
      changes.push(starter, ...marks);
      marks = [];
      starter = change;
    } else marks.push(change);
  }
  if (starter) changes.push(starter);
  changes.push(...marks);
  return changes;
}

/** Stable sort by combining class. */
function inCanonicalOrder(marks: Change[]): Change[] {
  if (marks.length < 2) return marks;
  return marks.toSorted((a, b) => {
    if (isOrderedBefore(a[0], b[0])) return -1;
    return isOrderedBefore(b[0], a[0]) ? 1 : 0;
  });
}

const knownMarks = new Map<string, boolean>();
/** U+0334 has combining class 1 and U+0345 has 240: every class but 0 is ordered against one of them. */
function isMark(char: string): boolean {
  if (char < '\u0300') return false;
  let answer = knownMarks.get(char);
  if (answer === undefined) {
    answer =
      /^\p{M}$/u.test(char) &&
      !isAfterUnicode9(char) &&
      (isOrderedBefore('\u0334', char) || isOrderedBefore(char, '\u0345'));
    knownMarks.set(char, answer);
  }
  return answer;
}

/** Two marks: `a` has the lower combining class, so that canonical order swaps `b`, `a`. */
function isOrderedBefore(a: string, b: string): boolean {
  return (b + a).normalize('NFD') !== b.normalize('NFD') + a.normalize('NFD');
}

/** The one character that `first` and `second` compose to. */
function compositeOf(first: string, second: string): string | undefined {
  const pair = first + second;
  const composite = pair.normalize('NFC');
  const isOne = composite.length === String.fromCodePoint(composite.codePointAt(0) ?? 0).length;
  return isOne && composite !== pair ? composite : undefined;
}
