import { basename, join } from 'node:path';
import { GGUF_PART, isGgufModelName } from '../../protocol/modelFiles';
import { entriesOf } from './listing';

/** Publisher, model, and sometimes one more. */
const DEEPEST = 3;
const GGUF = /\.gguf$/i;
/** Parts that a model has at most; the name of a file says how many there are. */
const MOST_PARTS = 1000;

/** All parts of a model that begins with this file. */
export function ggufParts(path: string): readonly string[] {
  const [part, , count = ''] = GGUF_PART.exec(path) ?? [];
  if (part === undefined) return [path];
  const digits = (number: number) => String(number).padStart(5, '0');
  const before = path.slice(0, -part.length);
  if (Number(count) > MOST_PARTS) return [path];
  return Array.from(
    { length: Number(count) },
    (_, i) => `${before}-${digits(i + 1)}-of-${count}.gguf`,
  );
}

/** What a GGUF file is called: its name without ending and number of the part. */
export function ggufName(path: string): string {
  return basename(path).replace(GGUF_PART, '').replace(GGUF, '');
}

/** The models in a folder and some levels below it. */
export async function ggufFilesIn(folder: string, depth = DEEPEST): Promise<readonly string[]> {
  const { folders, files } = await entriesOf(folder);
  const here = files.filter(isGgufModelName).map(name => join(folder, name));
  if (depth === 0) return here;
  const below = await Promise.all(folders.map(name => ggufFilesIn(join(folder, name), depth - 1)));
  return [...here, ...below.flat()];
}
