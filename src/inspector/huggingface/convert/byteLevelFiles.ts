import { join } from 'node:path';
import { JsonFileError, readJsonFile } from '../../files/readJson';
import { isObject, type Json } from '../autoTokenizer/tokenizerFiles';
import { brokenFile, MOST_ENTRIES, readLines, tooMany } from './vocabularyFile';

const VOCABULARY = 'vocab.json';
const MERGES = 'merges.txt';

/** How those files are named together. */
export const BYTE_LEVEL_FILES = `${VOCABULARY} and ${MERGES}`;

/** Which lines of `merges.txt` a class takes for merges. */
export type MergeLines =
  /** All but the first and the last one. */
  | 'between'
  /** All that are not empty, but for a first line that says its version. */
  | 'filled'
  /** CLIP's: behind the first line as many as its vocabulary has room for. */
  | 'clip';

/**
 * The vocabulary and the merges, learnt first to last; undefined where the folder has no `vocab.json`.
 * @throws InspectorError `tokenizer-broken`
 */
export async function readByteLevelFiles(
  folder: string,
  taken: MergeLines,
): Promise<{ readonly vocab: Json; readonly merges: readonly [string, string][] } | undefined> {
  const vocab = await readVocabulary(folder);
  if (!vocab) return undefined;
  const lines = await readLines(folder, MERGES);
  if (!lines) {
    throw brokenFile(
      VOCABULARY,
      `the ${MERGES} that belongs to it is not beside it; put it there, or save the fast tokenizer with save_pretrained`,
    );
  }
  return { vocab, merges: mergesIn(lines, taken) };
}

async function readVocabulary(folder: string): Promise<Json | undefined> {
  const file = join(folder, VOCABULARY);
  const value = await readJsonFile(file).catch((error: unknown) => {
    if (error instanceof JsonFileError) throw brokenFile(VOCABULARY, `it ${error.message}`, error);
    throw error;
  });
  if (value === undefined) return undefined;
  if (!isObject(value)) throw brokenFile(VOCABULARY, 'it must be an object of tokens and ids');
  const count = Object.keys(value).length;
  if (count > MOST_ENTRIES) throw tooMany(VOCABULARY, count, 'tokens');
  return value;
}

const CLIP_MERGES = 49_152 - 256 - 2;

function mergesIn(lines: readonly string[], taken: MergeLines): [string, string][] {
  const numbered = lines.map((text, i) => ({ number: i + 1, parts: partsOf(text) }));
  const merges = new Map<string, [string, string]>();
  for (const { number, parts } of chosen(numbered, taken)) {
    const [left, right] = parts;
    if (left === undefined || right === undefined || parts.length > 2) {
      throw brokenFile(
        MERGES,
        `line ${number} is not a merge, which is two tokens with a space between`,
      );
    }
    // Of equal merges the first place counts.
    const key = `${left} ${right}`;
    if (!merges.has(key)) merges.set(key, [left, right]);
  }
  return [...merges.values()];
}

interface Line {
  readonly number: number;
  readonly parts: readonly string[];
}

function chosen(lines: readonly Line[], taken: MergeLines): readonly Line[] {
  if (taken === 'between') return lines.slice(1, -1);
  const isFilled = ({ parts }: Line) => parts.length > 0;
  if (taken === 'filled') {
    return lines.filter(
      (line, i) => isFilled(line) && !(i === 0 && line.parts[0]?.startsWith('#version:')),
    );
  }
  // Empty lines around the whole do not count.
  const [from, to] = [lines.findIndex(isFilled), lines.findLastIndex(isFilled)];
  return lines.slice(Math.max(from, 0), to + 1).slice(1, CLIP_MERGES + 1);
}

function partsOf(line: string): string[] {
  return line.split(/\p{White_Space}+/u).filter(part => part !== '');
}
