import { readHead, type ConlluRow } from './conlluLine';
import { alignRows, type Offsets } from './conlluText';
import { brokenConllu, type ConlluSentence, type ConlluWord } from './conlluTypes';

/** Puts the lines of one sentence together and checks ids, heads and text. */
export function buildSentence(
  rows: readonly ConlluRow[],
  comments: ReadonlyMap<string, string>,
): ConlluSentence {
  checkOrder(rows);
  const wordRows = rows.filter(row => row.kind === 'word');
  const first = rows[0]?.line ?? 0;
  if (wordRows.length === 0) throw brokenConllu(`the sentence at line ${first} has no words`);
  const heads = wordRows.map(row => readHead(row, wordRows.length));
  checkTree(wordRows, heads);
  const { text, offsets } = alignRows(rows, comments.get('text'));
  const words = wordRows.map((row, i) => toWord(row, heads[i] ?? -1, offsets[i]));
  return { text, words, comments, line: first };
}

function toWord(row: ConlluRow, head: number, offsets: Offsets | undefined): ConlluWord {
  return {
    form: row.form,
    lemma: row.lemma,
    upos: row.upos,
    xpos: row.xpos,
    feats: row.feats,
    head,
    deprel: row.deprel,
    misc: row.misc,
    start: offsets?.start ?? 0,
    end: offsets?.end ?? 0,
    line: row.line,
  };
}

/** Words count 1, 2, 3 …; a range stands before its first word; 3.1, 3.2 … stand after word 3. */
function checkOrder(rows: readonly ConlluRow[]): void {
  let last = 0;
  let decimal = 0;
  let range: ConlluRow | undefined;
  for (const row of rows) {
    if (row.kind === 'word') {
      if (row.id !== last + 1) throw wrongId(row, String(last + 1));
      last = row.id;
      decimal = 0;
    } else if (row.kind === 'range') {
      if (row.id !== last + 1) throw wrongId(row, `${last + 1}-…`);
      if (row.second < row.id || (range !== undefined && range.second >= row.id)) {
        throw brokenConllu(
          `line ${row.line} has the range ${row.id}-${row.second}, which is empty or overlaps another`,
        );
      }
      range = row;
    } else {
      if (row.id !== last || row.second !== decimal + 1) {
        throw wrongId(row, `${last}.${decimal + 1} or ${last + 1}`);
      }
      decimal = row.second;
    }
  }
  if (range !== undefined && range.second > last) {
    throw brokenConllu(
      `line ${range.line} has the range ${range.id}-${range.second}, but its sentence has only ${last} word${last === 1 ? '' : 's'}`,
    );
  }
}

function wrongId(row: ConlluRow, expected: string) {
  const found =
    row.kind === 'word'
      ? String(row.id)
      : `${row.id}${row.kind === 'range' ? '-' : '.'}${row.second}`;
  return brokenConllu(`line ${row.line} has the number ${found} where ${expected} must stand`);
}

/** One root, and every word reaches it: each word is walked over once. */
function checkTree(rows: readonly ConlluRow[], heads: readonly number[]): void {
  const roots = rows.filter((_, i) => heads[i] === -1);
  const first = rows[0]?.line ?? 0;
  const second = roots[1];
  if (roots.length === 0) {
    throw brokenConllu(`the sentence at line ${first} has no root: no word has HEAD 0`);
  }
  if (second !== undefined) {
    throw brokenConllu(`line ${second.line} has HEAD 0, but its sentence has a root already`);
  }
  const seenFrom = new Int32Array(heads.length).fill(-1);
  for (let start = 0; start < heads.length; start++) {
    let at = start;
    while (at >= 0 && seenFrom[at] === -1) {
      seenFrom[at] = start;
      at = heads[at] ?? -1;
    }
    if (at >= 0 && seenFrom[at] === start) {
      throw brokenConllu(
        `line ${rows[at]?.line ?? first} is in a cycle: its HEADs lead back to it`,
      );
    }
  }
}
