import { InspectorError } from '../../protocol/errors';

/** One syntactic word. */
export interface ConlluWord {
  readonly form: string;
  readonly lemma: string;
  /** Universal part of speech; `_` where the file has none. */
  readonly upos: string;
  readonly xpos: string;
  readonly feats: string;
  /** Place of the head among the words of the sentence, from 0; −1 for the root. */
  readonly head: number;
  readonly deprel: string;
  /** MISC by name; a part without “=” has the empty value. */
  readonly misc: ReadonlyMap<string, string>;
  /** UTF-16 offsets `[start, end)` in the sentence’s text; words of one multiword token may share them. */
  readonly start: number;
  readonly end: number;
  /** Line of the file, from 1. */
  readonly line: number;
}

export interface ConlluSentence {
  /** From `# text`, or put together from FORM and SpaceAfter. */
  readonly text: string;
  readonly words: readonly ConlluWord[];
  /** `# name = value` by name; a comment without “=” has the empty value. */
  readonly comments: ReadonlyMap<string, string>;
  /** Line of the first word, from 1. */
  readonly line: number;
}

/** What a file may hold before it is refused. */
export interface ConlluLimits {
  readonly bytes: number;
  /** UTF-8 bytes of one line of a file, UTF-16 units of one line of a string. */
  readonly lineLength: number;
  readonly sentences: number;
  readonly wordsPerSentence: number;
}

export const conlluLimits: ConlluLimits = {
  bytes: 512 * 2 ** 20,
  lineLength: 100_000,
  sentences: 100_000,
  wordsPerSentence: 1_000,
};

/** The error about a CoNLL-U file; `problem` says what and names the line. */
export function brokenConllu(problem: string, cause?: unknown): InspectorError {
  return new InspectorError('inputs-wrong', `The CoNLL-U file cannot be used: ${problem}.`, {
    cause,
  });
}

/** A count as people read it: 100,000. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** A piece of the file in quotation marks, not longer than 40 characters. */
export function quoted(text: string): string {
  const start = text.slice(0, 40).replace(/[\ud800-\udbff]$/, '');
  return text.length > 40 ? `“${start}…”` : `“${text}”`;
}
