import { createReadStream } from 'node:fs';
import { InspectorError } from '../../protocol/errors';
import { regularFile } from '../files/regularFile';
import { pair, readRow, type ConlluRow } from './conlluLine';
import { buildSentence } from './conlluSentence';
import {
  brokenConllu,
  conlluLimits,
  count,
  type ConlluLimits,
  type ConlluSentence,
} from './conlluTypes';

export {
  conlluLimits,
  type ConlluLimits,
  type ConlluSentence,
  type ConlluWord,
} from './conlluTypes';

/** Takes a CoNLL-U file line by line. */
class SentenceReader {
  readonly sentences: ConlluSentence[] = [];
  #comments = new Map<string, string>();
  #rows: ConlluRow[] = [];
  #words = 0;
  #line = 0;

  constructor(readonly limits: ConlluLimits) {}

  /** Number of the line that comes next, from 1. */
  get nextLine(): number {
    return this.#line + 1;
  }

  /** A line without its line feed. */
  push(raw: string): void {
    this.#line++;
    if (raw.length > this.limits.lineLength) throw tooLong(this.#line, this.limits);
    const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (text.trim() === '') {
      this.#close();
    } else if (text.startsWith('#')) {
      if (this.#rows.length > 0) {
        throw brokenConllu(
          `line ${this.#line} is a comment inside a sentence; an empty line must stand before it`,
        );
      }
      this.#comments.set(...pair(text.slice(1)));
    } else {
      this.#add(readRow(text, this.#line));
    }
  }

  /** All sentences, after the last line. */
  end(): readonly ConlluSentence[] {
    this.#close();
    if (this.sentences.length === 0) throw brokenConllu('it holds no sentences');
    return this.sentences;
  }

  #add(row: ConlluRow): void {
    this.#rows.push(row);
    if (row.kind === 'word') this.#words++;
    if (
      this.#words > this.limits.wordsPerSentence ||
      this.#rows.length > 4 * this.limits.wordsPerSentence
    ) {
      throw brokenConllu(
        `the sentence at line ${this.#rows[0]?.line ?? this.#line} has more than ${count(this.limits.wordsPerSentence)} words`,
      );
    }
  }

  #close(): void {
    if (this.#rows.length === 0) return;
    if (this.sentences.length >= this.limits.sentences) {
      throw brokenConllu(
        `it has more than ${count(this.limits.sentences)} sentences (the next begins at line ${this.#rows[0]?.line ?? this.#line}); split it into smaller files`,
      );
    }
    this.sentences.push(buildSentence(this.#rows, this.#comments));
    this.#comments = new Map();
    this.#rows = [];
    this.#words = 0;
  }
}

function tooLong(line: number, limits: ConlluLimits): InspectorError {
  return brokenConllu(
    `line ${line} is longer than ${count(limits.lineLength)} characters, which no word needs`,
  );
}

/**
 * Reads CoNLL-U (https://universaldependencies.org/format.html) from a string. Comments, multiword tokens
 * and empty nodes follow the format; empty nodes are checked and left out. Throws `InspectorError` with the
 * line when the text is not CoNLL-U or passes a limit.
 */
export function parseConllu(
  text: string,
  limits: Partial<ConlluLimits> = {},
): readonly ConlluSentence[] {
  const reader = new SentenceReader({ ...conlluLimits, ...limits });
  let start = text.startsWith('\ufeff') ? 1 : 0;
  while (start <= text.length) {
    const end = text.indexOf('\n', start);
    const until = end < 0 ? text.length : end;
    if (until - start > reader.limits.lineLength) throw tooLong(reader.nextLine, reader.limits);
    reader.push(text.slice(start, until));
    start = until + 1;
  }
  return reader.end();
}

/** Reads a CoNLL-U file as a stream: no more than one line is held beside the sentences. */
export async function readConlluFile(
  path: string,
  options: { limits?: Partial<ConlluLimits>; signal?: AbortSignal } = {},
): Promise<readonly ConlluSentence[]> {
  const reader = new SentenceReader({ ...conlluLimits, ...options.limits });
  const lines = new LineSplitter(reader);
  const { signal } = options;
  try {
    await regularFile(path);
    const stream = createReadStream(path, signal === undefined ? {} : { signal });
    for await (const chunk of stream) lines.push(chunk as Buffer);
  } catch (error) {
    if (signal?.aborted === true) {
      throw new InspectorError('cancelled', 'Reading the CoNLL-U file was cancelled.', {
        cause: error,
      });
    }
    if (error instanceof InspectorError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw brokenConllu(`it cannot be opened (${reason})`, error);
  }
  lines.end();
  return reader.end();
}

/** Cuts bytes into lines and decodes each by itself, so that a wrong byte is named by its line. */
class LineSplitter {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #total = 0;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(private readonly reader: SentenceReader) {}

  push(chunk: Buffer): void {
    this.#total += chunk.length;
    const { limits } = this.reader;
    if (this.#total > limits.bytes) {
      throw brokenConllu(
        `it is larger than ${count(limits.bytes)} bytes; split it into smaller files`,
      );
    }
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#hold(chunk.subarray(start, end));
      this.#line();
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
  }

  end(): void {
    this.#line();
  }

  #hold(bytes: Buffer): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.reader.limits.lineLength) {
      throw tooLong(this.reader.nextLine, this.reader.limits);
    }
    this.#held.push(bytes);
  }

  #line(): void {
    const [first] = this.#held;
    const bytes = this.#held.length === 1 && first ? first : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.reader.push(this.#decode(bytes));
  }

  #decode(bytes: Buffer): string {
    const line = this.reader.nextLine;
    try {
      const text = this.#decoder.decode(bytes);
      return line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
    } catch (error) {
      throw brokenConllu(`line ${line} is not UTF-8; save the file as UTF-8`, error);
    }
  }
}
