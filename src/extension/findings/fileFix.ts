import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FileFix, ModelFinding } from '../../protocol/findings';
import { placeInJson } from './jsonPlaces';
import { fileOfModel } from './modelFile';

/** What a fix does, in words. */
export const fixWords = ({ file, path: names, value }: FileFix): string =>
  `Set ${names.join('.')} to ${JSON.stringify(value)} in ${file}`;

/** Whether a file of a model has the value by now that mends a finding. */
export async function isMended(
  { fix, place }: Pick<ModelFinding, 'fix' | 'place'>,
  model: string,
): Promise<boolean> {
  if (!fix) return false;
  const file = await fileOfModel(model, fix.file, place.stack);
  if (path.basename(file) !== fix.file) return false;
  const text = await readFile(file, 'utf8').catch(() => '');
  const found = placeInJson(text, fix.path);
  return found !== undefined && text.slice(found.start, found.end) === JSON.stringify(fix.value);
}
