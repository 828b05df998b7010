import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Models of one place that are listed; a place with more lists those that come first by name. */
export const MOST_MODELS = 1000;

/** Entries of a folder by name, links followed; none where it is none or cannot be read. */
export interface Entries {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** What a folder holds, sorted, but for hidden entries. */
export async function entriesOf(folder: string): Promise<Entries> {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of found) {
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) folders.push(entry.name);
    else if (entry.isFile()) files.push(entry.name);
    else if (entry.isSymbolicLink()) {
      const target = await stat(join(folder, entry.name)).catch(() => undefined);
      if (target?.isDirectory()) folders.push(entry.name);
      else if (target?.isFile()) files.push(entry.name);
    }
  }
  return { folders: folders.sort(), files: files.sort() };
}

/** Bytes of a regular file; 0 where it is none. */
export async function bytesOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
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
