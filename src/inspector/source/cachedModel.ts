import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { chosenSnapshot } from '../../protocol/modelFiles';
import { startOf } from '../files/lfsPointer';
import { statsOf } from '../files/regularFile';

/** A model's folder in the cache. */
const CACHED = /^models--/;
/** The folder below one of a cache's models that holds its files, revision by revision. */
const SNAPSHOTS = 'snapshots';

/**
 * What a path stands for: for a folder `models--org--name` of the Hugging Face cache the snapshot of
 * its main branch, else itself.
 */
export function placeOfModel(path: string): string {
  const snapshots = join(path, SNAPSHOTS);
  if (!CACHED.test(basename(path)) || !statsOf(snapshots)?.isDirectory()) return path;
  const found = readdirSync(snapshots).flatMap(name => {
    const stats = statsOf(join(snapshots, name));
    return stats?.isDirectory() ? [{ name, modified: stats.mtimeMs }] : [];
  });
  const chosen = chosenSnapshot(mainRevision(path), found);
  return chosen === undefined ? path : join(snapshots, chosen);
}

function mainRevision(folder: string): string | undefined {
  const main = join(folder, 'refs', 'main');
  return statsOf(main)?.isFile() ? startOf(main).replaceAll('\0', '') : undefined;
}
