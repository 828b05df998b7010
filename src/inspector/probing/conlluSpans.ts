import { brokenConllu, quoted, type ConlluSentence } from './conlluTypes';

/** Words `[first, last]` of a sentence, from 0, with a label. */
export interface LabelledSpan {
  readonly first: number;
  readonly last: number;
  readonly label: string;
}

/** Spans that a MISC field marks with B- and I- at each word: `Chunk=B-NP`, `Entity=I-PER`. */
export function readBioSpans(sentence: ConlluSentence, field: string): readonly LabelledSpan[] {
  const spans: LabelledSpan[] = [];
  for (const [i, { misc }] of sentence.words.entries()) {
    const tag = misc.get(field) ?? 'O';
    const label = tag.slice(2);
    const open = spans.at(-1);
    if (tag.startsWith('I-') && open?.last === i - 1 && open.label === label) {
      spans[spans.length - 1] = { ...open, last: i };
    } else if (/^[BI]-./.test(tag)) {
      spans.push({ first: i, last: i, label });
    }
  }
  return spans;
}

/** Mentions that a MISC field marks with brackets, as in CoNLL 2012: `(1`, `1)`, `(2)`, `(1(2)`. */
export function readMentions(sentence: ConlluSentence, field = 'Coref'): readonly LabelledSpan[] {
  const spans: LabelledSpan[] = [];
  const open = new Map<string, number[]>();
  for (const [i, { misc, line }] of sentence.words.entries()) {
    const text = misc.get(field) ?? '';
    let read = 0;
    for (const [piece, opens, label = '', closes] of text.matchAll(/(\(?)([^()]+)(\)?)/g)) {
      read += piece.length;
      if (opens === '' && closes === '') throw wrongBrackets(text, line);
      const starts = open.get(label) ?? [];
      open.set(label, starts);
      if (opens !== '') starts.push(i);
      if (closes === '') continue;
      const first = starts.pop();
      if (first === undefined) throw wrongBrackets(text, line);
      spans.push({ first, last: i, label });
    }
    if (read !== text.length) throw wrongBrackets(text, line);
  }
  for (const [label, starts] of open) {
    if (starts.length > 0) {
      throw brokenConllu(
        `the sentence at line ${sentence.line} opens the mention ${quoted(label)} and never closes it`,
      );
    }
  }
  return spans.sort((a, b) => a.first - b.first || b.last - a.last);
}

function wrongBrackets(text: string, line: number) {
  return brokenConllu(
    `line ${line} marks mentions with ${quoted(text)}, whose brackets do not match`,
  );
}
