import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FindingFile } from '../../protocol/findings';
import {
  GRAPH_FOLDER,
  isGgufModelName,
  isGraphName,
  isModelName,
  ModelFile,
} from '../../protocol/modelFiles';
import type { Stack } from '../../protocol/model';
import { modelHome } from '../models/modelPaths';

/**
 * The file of a model that a finding is about; the model's folder where there is no such file.
 * @param stack of two, the one whose graph is meant
 */
export async function fileOfModel(
  model: string,
  file: FindingFile,
  stack: Stack | undefined,
): Promise<string> {
  const home = isModelName(model) ? ((await modelHome(model)) ?? path.dirname(model)) : model;
  if (file === 'graph') return isModelName(model) ? model : graphIn(home, stack);
  const named = path.join(home, file);
  return (await isThere(named)) ? named : model;
}

/** What is opened of a folder, by the names in it. */
async function graphIn(home: string, stack: Stack | undefined): Promise<string> {
  for (const folder of [home, path.join(home, GRAPH_FOLDER)]) {
    const names = (await readdir(folder).catch(() => [])).sort();
    const graphs = names.filter(isGraphName);
    const chosen =
      graphs.find(name => name.startsWith(`${stack ?? 'encoder'}_`)) ??
      graphs.find(name => name === 'model.onnx') ??
      graphs[0] ??
      names.find(isGgufModelName) ??
      names.find(name => name === ModelFile.weights || name === ModelFile.torchWeights);
    if (chosen !== undefined) return path.join(folder, chosen);
  }
  return home;
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
