import { readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { statsOf } from '../files/regularFile';

/** Models of one place that are listed; a place with more lists those that come first by name. */
export const MOST_MODELS = 1000;

/** Entries of a folder by name, links followed; none where it is none or cannot be read. */
export interface Entries {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** What a folder holds, sorted, but for hidden entries. */
export async function entriesOf(folder: string): Promise<Entries> {
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of readFolder(folder)) {
    if (entry.name.startsWith('.')) continue;
    const found = entry.isSymbolicLink() ? statsOf(join(folder, entry.name)) : entry;
    if (found?.isDirectory()) folders.push(entry.name);
    else if (found?.isFile()) files.push(entry.name);
  }
  return { folders: folders.sort(), files: files.sort() };
}

// Not one by one in the background: of thousands of small reads waiting would take most of the time.
function readFolder(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Bytes of a regular file; 0 where it is none. */
export async function bytesOf(path: string): Promise<number> {
  const found = statsOf(path);
  return found?.isFile() ? found.size : 0;
}

/** Does one thing for each of many, a few at a time; the order stays. */
export async function mapSome<T, R>(
  items: readonly T[],
  make: (item: T) => Promise<R>,
  atOnce = 16,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await make(items[i] as T);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
