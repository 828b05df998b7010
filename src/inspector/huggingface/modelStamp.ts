import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files that a model is read from: graphs, external data, configuration, tokenizer. */
const PARTS = /\.onnx|\.json$|[._]data$|\.bin$/;

/**
 * A string that changes when a file of the model is written again: by then what was read of it is no
 * longer what is on disk.
 * @param path model folder or `.onnx` file
 */
export async function modelStamp(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return '';
  const folder = found.isDirectory() ? path : dirname(path);
  const folders = [folder, join(folder, 'onnx'), ...(found.isDirectory() ? [] : [dirname(folder)])];
  const files = (await Promise.all(folders.map(partsIn))).flat();
  return (await Promise.all(files.map(stampOf))).join('\n');
}

async function partsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names.filter(name => PARTS.test(name)).map(name => join(folder, name));
}

async function stampOf(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  return found ? `${file} ${found.size} ${found.mtimeMs} ${found.ino}` : file;
}
