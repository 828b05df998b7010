import { brokenConllu, quoted } from './conlluTypes';

/** A word line, a multiword range or an empty node; ids count from 1 as in the file. */
export interface ConlluRow {
  readonly kind: 'word' | 'range' | 'empty';
  readonly id: number;
  /** Last word of a range; decimal of an empty node. */
  readonly second: number;
  readonly form: string;
  readonly lemma: string;
  readonly upos: string;
  readonly xpos: string;
  readonly feats: string;
  readonly head: string;
  readonly deprel: string;
  readonly misc: ReadonlyMap<string, string>;
  readonly line: number;
}

const columns = 10;
const wholeNumber = /^(0|[1-9][0-9]{0,8})$/;

/** Reads one line with ten columns; throws when it has not. */
export function readRow(text: string, line: number): ConlluRow {
  const cells = text.split('\t', columns + 1);
  if (cells.length !== columns) {
    const found = cells.length > columns ? 'more than 10' : String(cells.length);
    throw brokenConllu(
      `line ${line} has ${found} column${found === '1' ? '' : 's'} where 10 must stand, separated by tabs`,
    );
  }
  const [id = '', form = '', lemma = '', upos = '', xpos = '', feats = '', head = '', deprel = ''] =
    cells;
  if (form.trim() === '') throw brokenConllu(`line ${line} has an empty second column (FORM)`);
  return {
    ...readId(id, line),
    form,
    lemma,
    upos,
    xpos,
    feats,
    head,
    deprel,
    misc: readMisc(cells[9] ?? '_'),
    line,
  };
}

function readId(text: string, line: number): Pick<ConlluRow, 'kind' | 'id' | 'second'> {
  const [first = '', second, ...rest] = text.split(/[-.]/, 3);
  if (rest.length === 0 && wholeNumber.test(first)) {
    if (second === undefined) return { kind: 'word', id: Number(first), second: 0 };
    if (wholeNumber.test(second)) {
      const kind = text.includes('-') ? 'range' : 'empty';
      return { kind, id: Number(first), second: Number(second) };
    }
  }
  throw brokenConllu(
    `line ${line} begins with ${quoted(text)} where a word number must stand (1, 1-2 or 1.1)`,
  );
}

/** The place of the head, from 0, or −1 for the root; `words` is the length of the sentence. */
export function readHead(row: ConlluRow, words: number): number {
  if (!wholeNumber.test(row.head)) {
    throw brokenConllu(
      `line ${row.line} has ${quoted(row.head)} as HEAD where the number of a word or 0 must stand`,
    );
  }
  const head = Number(row.head);
  if (head > words) {
    throw brokenConllu(
      `line ${row.line} has HEAD ${head}, but its sentence has only ${words} word${words === 1 ? '' : 's'}`,
    );
  }
  if (head === row.id) throw brokenConllu(`line ${row.line} has the word itself as HEAD`);
  return head - 1;
}

/** `A=1|B` by name; `_` is nothing. */
function readMisc(text: string): ReadonlyMap<string, string> {
  return text === '_' || text === '' ? none : new Map(text.split('|').map(pair));
}

const none: ReadonlyMap<string, string> = new Map();

/** Splits `name=value`; spaces around do not count. */
export function pair(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
