import { basename, join } from 'node:path';
import { entriesOf } from './listing';

/** Publisher, model, and sometimes one more. */
const DEEPEST = 3;
const GGUF = /\.gguf$/i;
/** What projects pictures into a language model is none itself. */
const PROJECTOR = /^mmproj|[-_.]mmproj/i;
const PART = /-(\d{5})-of-(\d{5})\.gguf$/i;

/** Whether a file is one that a model is opened by: no projector, and of several parts the first. */
export function isGgufModel(name: string): boolean {
  if (!GGUF.test(name) || PROJECTOR.test(name)) return false;
  const part = PART.exec(name);
  return !part || Number(part[1]) === 1;
}

/** All parts of a model that begins with this file. */
export function ggufParts(path: string): readonly string[] {
  const [part, , count = ''] = PART.exec(path) ?? [];
  if (part === undefined) return [path];
  const digits = (number: number) => String(number).padStart(5, '0');
  const before = path.slice(0, -part.length);
  // Five digits bound how many there can be.
  return Array.from(
    { length: Number(count) },
    (_, i) => `${before}-${digits(i + 1)}-of-${count}.gguf`,
  );
}

/** What a GGUF file is called: its name without ending and number of the part. */
export function ggufName(path: string): string {
  return basename(path).replace(PART, '').replace(GGUF, '');
}

/** The models in a folder and some levels below it. */
export async function ggufFilesIn(folder: string, depth = DEEPEST): Promise<readonly string[]> {
  const { folders, files } = await entriesOf(folder);
  const here = files.filter(isGgufModel).map(name => join(folder, name));
  if (depth === 0) return here;
  const below = await Promise.all(folders.map(name => ggufFilesIn(join(folder, name), depth - 1)));
  return [...here, ...below.flat()];
}
