import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { GRAPH_FOLDER, isModelName } from '../../protocol/modelFiles';
import { stampOf, tokenizerStamp } from './tokenizerStamp';

/** Weights beside a graph, or of PyTorch. */
const DATA = /[._]data$|\.bin$/;

/**
 * The state of a model's files: those that hold graphs and weights, and those of its tokenizer.
 * @param storage folder in which the choices of tokenizers are noted down
 */
export async function modelStamp(model: string, storage: string): Promise<string> {
  const isFile = isModelName(model);
  const folder = isFile ? path.dirname(model) : model;
  const folders = isFile ? [folder] : [folder, path.join(folder, GRAPH_FOLDER)];
  const names = (await Promise.all(folders.map(namesIn))).flat();
  const files = names.filter(
    name => DATA.test(name) || (isFile ? name === model : isModelName(name)),
  );
  const stamps = await Promise.all(files.map(async name => [name, await stampOf(name)].join()));
  return [...stamps, await tokenizerStamp(model, storage)].join('\n');
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort().map(name => path.join(folder, name));
}
