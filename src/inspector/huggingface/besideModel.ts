import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stampsOf, type FileStamps } from '../runtime/fileStamps';

/** Files beside a `tokenizer.json` that decide how it splits. */
const DECIDING = [
  'config.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'tokenizer.model',
];
/** Files of a model's folder that are read beside its graphs. */
const NAMES = [...DECIDING, 'generation_config.json', 'tokenizer.json'];

/** Stamps of a tokenizer's file and of those beside it that decide how it splits. */
export function stampsOfTokenizer(file: string): Promise<FileStamps> {
  return stampsOf([file, ...DECIDING.map(name => join(dirname(file), name))]);
}

/**
 * Stamps of the configuration and the tokenizer of a model, wherever `homeFolder` may find them. What
 * else lies in the folder does not count.
 * @param path model folder or `.onnx` file
 */
export async function stampsBesideModel(path: string): Promise<FileStamps> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  const folder = isFolder ? path : dirname(path);
  const isPlain = isFolder && basename(path) !== 'onnx';
  const folders = isPlain ? [folder] : [folder, dirname(folder)];
  return stampsOf(folders.flatMap(each => NAMES.map(name => join(each, name))));
}
