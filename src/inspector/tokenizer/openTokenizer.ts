import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { createTokenizer } from './createTokenizer';
import type { AlignedTokenizer } from './types';

/** The largest tokenizer.json in use have 35 MB. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Opens the tokenizer of a model folder: its `tokenizer.json` and, where there is one, its
 * `tokenizer_config.json`.
 * @throws InspectorError `tokenizer-missing` or `tokenizer-broken` with the reason.
 */
export async function openTokenizer(folder: string): Promise<AlignedTokenizer> {
  const json = await readTokenizerJson(folder);
  return createTokenizer(json, await readJson(join(folder, 'tokenizer_config.json')));
}

/**
 * Opens one tokenizer file, with the `tokenizer_config.json` beside it where there is one.
 * @throws InspectorError `tokenizer-missing` or `tokenizer-broken` with the reason.
 */
export async function openTokenizerFile(file: string): Promise<AlignedTokenizer> {
  const json = await readJson(file);
  if (json !== undefined) {
    return createTokenizer(json, await readJson(join(dirname(file), 'tokenizer_config.json')));
  }
  throw new InspectorError(
    'tokenizer-missing',
    `The tokenizer ${file} that was chosen for this model is no longer there. Choose another file.`,
  );
}

/** The parsed `tokenizer.json` of a model folder. @throws InspectorError `tokenizer-missing` */
export async function readTokenizerJson(folder: string): Promise<unknown> {
  const json = await readJson(join(folder, 'tokenizer.json'));
  if (json !== undefined) return json;
  throw new InspectorError(
    'tokenizer-missing',
    `There is no tokenizer.json in ${folder}; save the model’s fast tokenizer there with save_pretrained.`,
  );
}

/** The parsed file, or `undefined` where there is none. */
async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) {
      throw new InspectorError(
        'tokenizer-broken',
        `${file} has ${Math.round(size / 1e6)} MB; at most ${Math.round(MAX_BYTES / 1e6)} MB are read.`,
      );
    }
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    if (error instanceof InspectorError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InspectorError('tokenizer-broken', `${file} cannot be read: ${reason}.`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InspectorError('tokenizer-broken', `${file} is not JSON: ${reason}.`, {
      cause: error,
    });
  }
}
