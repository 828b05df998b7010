import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stampsOf, type FileStamps } from '../runtime/fileStamps';

/** Files of a model's folder that are read beside its graphs. */
const NAMES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
];

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
