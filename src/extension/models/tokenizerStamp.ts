import { stat } from 'node:fs/promises';
import path from 'node:path';
import { isGgufName, isModelName, TOKENIZER_FILES } from '../../protocol/modelFiles';
import { modelHome } from './modelPaths';
import { readChoices } from './tokenizerChoices';

/** The folder in which a model's tokenizer lies. */
export async function tokenizerHome(model: string): Promise<string> {
  return isModelName(model) ? ((await modelHome(model)) ?? path.dirname(model)) : model;
}

/**
 * The state of a model's tokenizer: the file that was chosen for it, and the times and sizes of its
 * own. Files that are not there count as such.
 * @param storage folder in which the choices are noted down
 */
export async function tokenizerStamp(model: string, storage: string): Promise<string> {
  const home = await tokenizerHome(model);
  const chosen = (await readChoices(storage))[model];
  const files = TOKENIZER_FILES.map(name => path.join(home, name));
  if (typeof chosen === 'string') files.push(chosen);
  // A GGUF file holds its tokenizer itself.
  if (isGgufName(model)) files.push(model);
  return [chosen, ...(await Promise.all(files.map(stampOf)))].join();
}

/** Tells one state of a file from another; empty where it is not there. */
export async function stampOf(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  return found ? [found.ino, found.size, found.mtimeMs, found.ctimeMs].join(':') : '';
}
