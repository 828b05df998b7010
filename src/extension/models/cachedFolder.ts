import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { chosenSnapshot, type CacheSnapshot } from '../../protocol/modelFiles';

/** A model's folder in the Hugging Face cache. */
const CACHED = /^models--/;
/** Digits of a revision, or the name of a branch. */
const LONGEST_REFERENCE = 200;

/**
 * For a folder `models--org--name` of the Hugging Face cache the snapshot of its main branch, which holds
 * the files; any other place as it is.
 */
export async function placeInCache(place: string): Promise<string> {
  if (!CACHED.test(path.basename(place))) return place;
  const folder = path.join(place, 'snapshots');
  const names = await readdir(folder).catch(() => [] as string[]);
  const snapshots = await Promise.all(
    names.map(async (name): Promise<CacheSnapshot[]> => {
      const found = await stat(path.join(folder, name)).catch(() => undefined);
      return found?.isDirectory() ? [{ name, modified: found.mtimeMs }] : [];
    }),
  );
  const chosen = chosenSnapshot(await mainRevision(place), snapshots.flat());
  return chosen === undefined ? place : path.join(folder, chosen);
}

async function mainRevision(place: string): Promise<string | undefined> {
  const name = path.join(place, 'refs/main');
  const found = await stat(name).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const file = await open(name);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LONGEST_REFERENCE));
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
