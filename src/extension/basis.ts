import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { CaptureSummary } from '../protocol/capture';
import { isGraphName, TOKENIZER_FILES } from '../protocol/modelFiles';
import type { ChangedPart } from '../protocol/panel';
import { modelHome } from './modelPaths';
import { readChoices } from './tokenizerChoices';
import { textTokens } from './tokensAt';

/** What the numbers of a run rest on beside its text. */
export interface Basis {
  /** Absolute path of the model. */
  readonly model: string;
  readonly maximumTokens: number;
  /** Tells one state of the tokenizer's files from another. */
  readonly tokenizer: string;
}

/** What is other now than when a capture was made, as far as it would be another one. */
export function changedParts(capture: CaptureSummary, before: Basis, now: Basis): ChangedPart[] {
  const tokens = textTokens(capture).length;
  const { maximumPositions = Infinity } = capture.model;
  const allowed = Math.min(capture.totalTokens, maximumPositions, now.maximumTokens);
  const isOtherLimit = before.maximumTokens !== now.maximumTokens && allowed !== tokens;
  const isOtherModel = before.model !== now.model;
  return [
    ...(isOtherModel ? (['model'] as const) : []),
    ...(isOtherLimit ? (['maximumTokens'] as const) : []),
    ...(!isOtherModel && before.tokenizer !== now.tokenizer ? (['tokenizer'] as const) : []),
  ];
}

/** The folder in which a model's tokenizer lies. */
export async function tokenizerHome(model: string): Promise<string> {
  return isGraphName(model) ? ((await modelHome(model)) ?? path.dirname(model)) : model;
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
  return [chosen, ...(await Promise.all(files.map(stampOf)))].join();
}

async function stampOf(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined);
  return found ? [found.ino, found.size, found.mtimeMs, found.ctimeMs].join(':') : '';
}
