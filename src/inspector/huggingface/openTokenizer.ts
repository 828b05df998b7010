import { InspectorError } from '../../protocol/errors';
import { tokenizerFile } from '../source/home';
import { createTokenizer } from '../tokenizer/createTokenizer';
import type { AlignedTokenizer } from '../tokenizer/types';
import { loadAsTransformers } from './autoTokenizer/autoTokenizer';
import { readTokenizerFiles } from './autoTokenizer/tokenizerFiles';

/**
 * Opens the tokenizer of a model folder as `AutoTokenizer.from_pretrained` does: its
 * `tokenizer.json` with what the files beside it change.
 * @throws InspectorError `tokenizer-missing` or `tokenizer-broken` with the reason.
 */
export async function openTokenizer(folder: string): Promise<AlignedTokenizer> {
  return (await open(tokenizerFile(folder))) ?? missingIn(folder);
}

/**
 * Opens one tokenizer file, with the settings beside it where there are any.
 * @throws InspectorError `tokenizer-missing` or `tokenizer-broken` with the reason.
 */
export async function openTokenizerFile(file: string): Promise<AlignedTokenizer> {
  const tokenizer = await open(file);
  if (tokenizer) return tokenizer;
  throw new InspectorError(
    'tokenizer-missing',
    `The tokenizer ${file} that was chosen for this model is no longer there. Choose another file.`,
  );
}

/** The parsed `tokenizer.json` of a model folder. @throws InspectorError */
export async function readTokenizerJson(folder: string): Promise<unknown> {
  const files = await readTokenizerFiles(tokenizerFile(folder));
  return files ? loadAsTransformers(files).json : missingIn(folder);
}

async function open(file: string): Promise<AlignedTokenizer | undefined> {
  const files = await readTokenizerFiles(file);
  if (!files) return undefined;
  const { json, source } = loadAsTransformers(files);
  return createTokenizer(json, files.settings ?? {}, { source });
}

function missingIn(folder: string): never {
  throw new InspectorError(
    'tokenizer-missing',
    `There is no tokenizer.json in ${folder}; save the model’s fast tokenizer there with save_pretrained.`,
  );
}
