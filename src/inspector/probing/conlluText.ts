import type { ConlluRow } from './conlluLine';
import { brokenConllu, quoted } from './conlluTypes';

/** UTF-16 `[start, end)`. */
export interface Offsets {
  readonly start: number;
  readonly end: number;
}

/** What stands in the text as one piece: a word or a multiword token with its words. */
interface Surface {
  readonly row: ConlluRow;
  readonly words: readonly ConlluRow[];
}

/**
 * Where each word of a sentence stands in its text. Words of a multiword token get their own part where
 * their forms make up its form (“do” + “n’t”) and all of it where they do not (“du” = “de” + “le”).
 */
export function alignRows(
  rows: readonly ConlluRow[],
  given: string | undefined,
): { text: string; offsets: readonly Offsets[] } {
  const surfaces = surfacesOf(rows);
  const text = given === undefined || given === '' ? rebuilt(surfaces) : given;
  const offsets: Offsets[] = [];
  let at = 0;
  for (const surface of surfaces) {
    const found = locate(text, surface.row, at);
    offsets.push(...partsOf(surface, found));
    at = found.end;
  }
  const rest = text.slice(at).trim();
  const last = rows.at(-1);
  if (rest !== '' && last !== undefined) {
    throw brokenConllu(
      `the “# text” of the sentence that ends at line ${last.line} goes on with ${quoted(rest)} after its last word`,
    );
  }
  return { text, offsets };
}

function surfacesOf(rows: readonly ConlluRow[]): Surface[] {
  const surfaces: { row: ConlluRow; words: ConlluRow[] }[] = [];
  let range: ConlluRow | undefined;
  for (const row of rows) {
    if (row.kind === 'range') {
      range = row;
      surfaces.push({ row, words: [] });
    } else if (row.kind === 'word') {
      if (range !== undefined && row.id <= range.second) surfaces.at(-1)?.words.push(row);
      else surfaces.push({ row, words: [row] });
    }
  }
  return surfaces;
}

function rebuilt(surfaces: readonly Surface[]): string {
  return surfaces
    .map(({ row }) => row.form + (row.misc.get('SpaceAfter') === 'No' ? '' : ' '))
    .join('')
    .trimEnd();
}

/** Where the form stands at or after `from`, with only white space between. */
function locate(text: string, row: ConlluRow, from: number): Offsets {
  let start = from;
  while (start < text.length && isSpace(text, start)) start++;
  if (text.startsWith(row.form, start)) return { start, end: start + row.form.length };
  const end = looseEnd(text, start, row.form.trim());
  if (end !== undefined) return { start, end };
  throw brokenConllu(
    `line ${row.line} has the form ${quoted(row.form)} where the sentence’s “# text” goes on with ${quoted(text.slice(start, start + 41))}`,
  );
}

/** The end of a form whose inner spaces may differ from those of the text. */
function looseEnd(text: string, start: number, form: string): number | undefined {
  let at = start;
  for (const part of form.split(/\s+/)) {
    if (at > start) while (at < text.length && isSpace(text, at)) at++;
    if (!text.startsWith(part, at)) return undefined;
    at += part.length;
  }
  return at;
}

const isSpace = (text: string, at: number) => /\s/.test(text.charAt(at));

function partsOf({ row, words }: Surface, found: Offsets): readonly Offsets[] {
  const whole = words.length > 1 && words.map(each => each.form).join('') === row.form;
  if (!whole || found.end - found.start !== row.form.length) return words.map(() => found);
  let at = found.start;
  return words.map(word => {
    const start = at;
    at += word.form.length;
    return { start, end: at };
  });
}
