import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { regularFile } from '../../files/regularFile';

/** The largest vocabulary files in use have 10 MB. */
const LARGEST_FILE = 64 * 2 ** 20;
/** Of words, merges or pieces in one file; the largest in use have 520,000. */
export const MOST_ENTRIES = 1_000_000;

/** An error about a vocabulary file; `problem` goes on after “… cannot be used: ”. */
export function brokenFile(file: string, problem: string, cause?: unknown): InspectorError {
  return new InspectorError(
    'tokenizer-broken',
    `This model’s ${basename(file)} cannot be used: ${problem}.`,
    { cause },
  );
}

/**
 * The bytes of a file of a model's folder; undefined where there is no such file.
 * @throws InspectorError `tokenizer-broken` where it is no regular file, too large or unreadable
 */
export async function readBytes(folder: string, name: string): Promise<Uint8Array | undefined> {
  const file = join(folder, name);
  try {
    const { size } = await regularFile(file);
    if (size <= LARGEST_FILE) return await readFile(file);
    const [had, most] = [size, LARGEST_FILE].map(bytes => Math.round(bytes / 1e6));
    throw brokenFile(name, `it has ${had} MB; at most ${most} MB are read`);
  } catch (error) {
    if (error instanceof InspectorError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw brokenFile(name, reason, error);
  }
}

/**
 * The lines of a text file as Python reads them: any of its three line ends, none behind the last
 * line; a byte order mark belongs to the first line.
 * @throws InspectorError `tokenizer-broken` where it is not UTF-8, or has too many lines
 */
export async function readLines(folder: string, name: string): Promise<string[] | undefined> {
  const bytes = await readBytes(folder, name);
  if (!bytes) return undefined;
  const lines = decoded(bytes, name).replace(/\r\n?/g, '\n').split('\n');
  if (lines.length <= MOST_ENTRIES) return lines;
  throw tooMany(name, lines.length, 'lines');
}

/** The error for a file with more entries than are read. */
export function tooMany(name: string, count: number, what: string): InspectorError {
  const [had, most] = [count, MOST_ENTRIES].map(n => n.toLocaleString('en'));
  return brokenFile(name, `it has ${had} ${what}; ${most} is the most that is read`);
}

function decoded(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw brokenFile(name, 'it is not UTF-8', error);
  }
}
