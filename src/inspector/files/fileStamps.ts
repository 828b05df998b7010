import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Files that something was read from, each with what tells one content from another. */
export type FileStamps = ReadonlyMap<string, string>;

const MISSING = 'missing';

/**
 * What changes when a file is written again or replaced: the change time too, which nobody can set
 * back as they can the time of the last modification.
 */
export function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
}

/** Stamps of files as they are now; one that is not there has a stamp as well. */
export async function stampsOf(paths: Iterable<string>): Promise<FileStamps> {
  const stamp = async (path: string) => {
    const found = await stat(path).catch(() => undefined);
    return [path, found ? stampOf(found) : MISSING] as const;
  };
  return new Map(await Promise.all([...new Set(paths)].map(stamp)));
}

/** The first of these files that is no longer what it was. */
export async function changedFile(stamps: FileStamps): Promise<string | undefined> {
  const now = await stampsOf(stamps.keys());
  return [...stamps.keys()].find(path => now.get(path) !== stamps.get(path));
}

/** Whether two lists name the same files with the same contents. */
export function sameFiles(a: FileStamps, b: FileStamps): boolean {
  return a.size === b.size && [...a].every(([path, stamp]) => b.get(path) === stamp);
}
