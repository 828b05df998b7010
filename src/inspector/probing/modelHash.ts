import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { stampsBesideModel } from '../huggingface/besideModel';
import { modelFolder } from '../huggingface/modelFolder';
import { locateModel } from '../model/folder';
import { readModel } from '../onnx/readModel';
import { hashFiles } from './corpus';
import { keptHash } from './keptHash';

/** Files beside the graphs that decide which numbers a text becomes. */
const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json'];

/**
 * SHA-256 over the files that a model's states come from: its graphs, their external weights, its tokenizer.
 * A model that was written again has another one; one that was moved has the same.
 * @param path absolute path of a model folder or `.onnx` file
 * @throws InspectorError `model-missing`, `model-broken`
 */
export const modelHash = keptHash(partsOf, hashFiles, stampsBesideModel);

async function partsOf(path: string): Promise<readonly string[]> {
  const { graphs } = locateModel(path);
  const files = graphs.kind === 'single' ? [graphs.file] : [graphs.encoder, graphs.decoder];
  const folder = await modelFolder(path);
  const tokenizer = TOKENIZER_FILES.map(name => join(folder, name)).filter(existsSync);
  return [...files.flatMap(file => [file, ...externalFiles(file)]), ...tokenizer];
}

/** Files that hold a graph's weights, in the order of their names. */
function externalFiles(file: string): readonly string[] {
  const files = new Set<string>();
  for (const { data } of readModel(file).graph.initializers.values()) {
    if (data.kind === 'file') files.add(data.path);
  }
  files.delete(realpathSync(file));
  return [...files].sort();
}
