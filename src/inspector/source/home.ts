import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { GRAPH_FOLDER, HOME_SIGNS, ModelFile } from '../../protocol/modelFiles';
import { statsOf } from '../files/regularFile';
import { isGguf } from '../weights/gguf/openGguf';

/**
 * Folders that may hold a model's configuration and tokenizer: the one that was opened, or for a graph
 * and for a folder `onnx`, into which exports put their graphs, that of the graph and the one above. A GGUF file
 * holds all of it itself.
 */
export function possibleHomes(path: string): readonly string[] {
  if (isGguf(path)) return [path];
  const isFolder = statsOf(path)?.isDirectory() ?? false;
  if (isFolder && basename(path) !== GRAPH_FOLDER) return [path];
  const folder = isFolder ? path : dirname(path);
  return [folder, dirname(folder)];
}

/**
 * The folder that holds a model's configuration and tokenizer, or the GGUF file that does.
 * @param path of a model folder, or of a file
 */
export function homeFolder(path: string): string {
  const [nearest = path, ...others] = possibleHomes(path);
  if (others.length === 0) return nearest;
  for (const sign of HOME_SIGNS) {
    const found = [nearest, ...others].find(each => existsSync(join(each, sign)));
    if (found !== undefined) return found;
  }
  return nearest;
}

/** The tokenizer file of a model's home. */
export const tokenizerFile = (home: string): string => join(home, ModelFile.tokenizer);

/** There is no model where one was said to be. */
export function missingModel(path: string): InspectorError {
  return new InspectorError(
    'model-missing',
    `There is no model at ${path}. Choose another model, or correct the setting.`,
  );
}
