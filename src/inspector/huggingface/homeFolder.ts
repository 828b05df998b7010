import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Files that live in a model's home, the surest sign first. */
const SIGNS = ['tokenizer.json', 'config.json'];

/**
 * The folder that holds a model's configuration and tokenizer: the one that was opened, or for a graph
 * and for a folder `onnx`, into which exports put their graphs, that of the graph or the one above.
 * @param path of an `.onnx` file or a folder
 */
export function homeFolder(path: string, isFolder: boolean): string {
  if (isFolder && basename(path) !== 'onnx') return path;
  const folder = isFolder ? path : dirname(path);
  for (const sign of SIGNS) {
    const found = [folder, dirname(folder)].find(each => existsSync(join(each, sign)));
    if (found !== undefined) return found;
  }
  return folder;
}
