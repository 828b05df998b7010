import { readFile, stat } from 'node:fs/promises';

/** Configurations have kilobytes; the largest tokenizer.json in use have 35 MB. */
const LARGEST_JSON = 256 * 2 ** 20;

/** Why a JSON file cannot be read; the message goes on after the file's name: “is not JSON: …”. */
export class JsonFileError extends Error {}

/**
 * Parses JSON as Python writes and reads it: a byte order mark is skipped, `Infinity` and `-Infinity`
 * are these numbers, and `NaN` is null, as if the value were not there.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text;
  try {
    return JSON.parse(plain);
  } catch (error) {
    if (!/NaN|Infinity/.test(plain)) throw error;
    return JSON.parse(plain.replace(STRING_OR_NUMBER, part => SPELLINGS[part] ?? part));
  }
}

/** Strings are matched so that what they hold stays as it is. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs;
/** JSON has no infinity, but numbers that are too large to be anything else. */
const SPELLINGS: Readonly<Record<string, string>> = {
  NaN: 'null',
  Infinity: '1e999',
  '-Infinity': '-1e999',
};

/**
 * The parsed content of a JSON file; undefined where there is no such file.
 * @throws JsonFileError where it is no regular file, too large, unreadable or not JSON
 */
export async function readJsonFile(file: string): Promise<unknown> {
  try {
    checkFile(await stat(file));
    return parsed(await readFile(file, 'utf8'));
  } catch (error) {
    refuse(error);
    return undefined;
  }
}

/** Pipes and devices are never opened: reading them may not end. */
function checkFile(found: { isFile(): boolean; readonly size: number }): void {
  if (!found.isFile()) throw new JsonFileError('is not a regular file');
  if (found.size > LARGEST_JSON) {
    const [size, most] = [found.size, LARGEST_JSON].map(bytes => Math.round(bytes / 1e6));
    throw new JsonFileError(`has ${size} MB; at most ${most} MB are read`);
  }
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    // What V8 quotes of the text may be long and may hold line breaks.
    const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, 160) : '';
    throw new JsonFileError(`is not JSON: ${reason}`, { cause: error });
  }
}

/** Throws unless there is no such file. */
function refuse(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return;
  if (error instanceof JsonFileError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  throw new JsonFileError(`cannot be read: ${reason}`, { cause: error });
}
