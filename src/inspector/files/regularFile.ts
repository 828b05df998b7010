import { readdirSync, statSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * What is known about a file, before it is opened: opening a pipe waits for somebody who writes into
 * it, and a device need not end.
 * @throws Error where it is not a regular file; whatever the file system says
 */
export async function regularFile(path: string): Promise<Stats> {
  const found = await stat(path);
  if (found.isFile()) return found;
  throw new Error('it is not a regular file');
}

/** What is known about a file or folder; undefined where a path or a link leads to none, or in a circle. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Names of what a folder holds; none where it is no folder or cannot be read. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
