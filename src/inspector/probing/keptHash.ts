import { changedFile, stampsOf, type FileStamps } from '../runtime/fileStamps';

/** Hashes that are kept, at most. */
const MOST_KEPT = 16;

/**
 * A function that hashes the files that belong to a path, once for as long as none of them changes.
 * @param filesOf the files to hash, in this order
 * @param besideOf files that decide which these are
 */
export function keptHash(
  filesOf: (path: string) => Promise<readonly string[]>,
  hashOf: (files: readonly string[]) => Promise<string>,
  besideOf: (path: string) => Promise<FileStamps> = () => Promise.resolve(new Map()),
): (path: string) => Promise<string> {
  const kept = new Map<string, { readonly stamps: FileStamps; readonly hash: string }>();
  return async path => {
    const found = kept.get(path);
    if (found && (await changedFile(found.stamps)) === undefined) return found.hash;
    const beside = await besideOf(path);
    const files = await filesOf(path);
    const stamps = new Map([...beside, ...(await stampsOf(files))]);
    const hash = await hashOf(files);
    kept.set(path, { stamps, hash });
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return hash;
  };
}
