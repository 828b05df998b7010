import { basename, dirname, join } from 'node:path';
import { isGgufModelName } from '../../protocol/modelFiles';
import { partNames } from '../weights/gguf/ggufParts';
import { entriesOf } from './listing';

/** Publisher, model, and sometimes one more. */
const DEEPEST = 3;
const GGUF = /\.gguf$/i;
const PART = /-\d{5}-of-\d{5}$/;

/** All parts of a model that begins with this file. */
export function ggufParts(path: string): readonly string[] {
  const names = partNames(basename(path)) ?? [basename(path)];
  return names.map(name => join(dirname(path), name));
}

/** What a GGUF file is called: its name without ending and number of the part. */
export function ggufName(path: string): string {
  return basename(path).replace(GGUF, '').replace(PART, '');
}

/** The models in a folder and some levels below it. */
export async function ggufFilesIn(folder: string, depth = DEEPEST): Promise<readonly string[]> {
  const { folders, files } = await entriesOf(folder);
  const here = files.filter(isGgufModelName).map(name => join(folder, name));
  if (depth === 0) return here;
  const below = await Promise.all(folders.map(name => ggufFilesIn(join(folder, name), depth - 1)));
  return [...here, ...below.flat()];
}
