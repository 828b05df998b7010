import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A text of the test set; `cat` says what it is about. */
export interface TestString {
  readonly i: number;
  readonly cat: string;
  readonly text: string;
}

/** What Hugging Face's Rust library gives for a text (test/fixtures/tokenizers/README.md). */
export interface Vector {
  readonly i: number;
  readonly ids: readonly number[];
  /** UTF-16 offsets, start and end by turns. */
  readonly o: readonly number[];
  /** Spelling of tokens that is not their vocabulary entry, by position. */
  readonly t?: Readonly<Record<string, string>>;
  /** Normalised text where it differs, and its pre-tokens. */
  readonly n?: string;
  readonly p?: readonly string[];
}

export interface TokenizerFixture {
  readonly name: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** Missing where only the native library can say what is right. */
  readonly vectors: readonly Vector[] | undefined;
}

const HERE = resolve('test/fixtures/tokenizers');
/** A folder of the same layout with more tokenizers, which need not be in the repository. */
export const FOLDERS = [HERE, process.env.ATTENTION_DEBUGGER_TOKENIZERS].filter(
  folder => folder !== undefined,
);

export function fixtureText(path: string): string {
  return readFileSync(join(HERE, path), 'utf8');
}

export function testStrings(folder = HERE): TestString[] {
  return jsonLines(join(folder, 'strings.jsonl.gz')) as TestString[];
}

/** Every tokenizer of `folder`, one by one. */
export function* tokenizersOf(folder: string): Generator<TokenizerFixture> {
  for (const kind of ['tok', 'more']) {
    const parent = join(folder, kind);
    for (const name of existsSync(parent) ? readdirSync(parent) : []) {
      const file = join(parent, name, 'tokenizer.json.gz');
      if (!existsSync(file)) continue;
      const vectors = join(folder, 'vec', `${name}.jsonl.gz`);
      yield {
        name,
        json: readGzip(file),
        vectors: existsSync(vectors) ? (jsonLines(vectors) as Vector[]) : undefined,
      };
    }
  }
}

/** One committed tokenizer. */
export function tokenizerJson(name: string): Record<string, unknown> {
  return readGzip(join(HERE, 'tok', name, 'tokenizer.json.gz'));
}

function readGzip(file: string): Record<string, unknown> {
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as Record<string, unknown>;
}

function jsonLines(file: string): unknown[] {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  return lines.map(line => JSON.parse(line) as unknown);
}
