import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { InspectorError } from '../../protocol/errors';
import { changedFile, stampsOf, type FileStamps } from '../files/fileStamps';
import { decidingFiles, stampsBesideModel } from '../source/files';
import { sourceAt } from '../source/source';

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

/**
 * SHA-256 over files one after the other, hexadecimal; they are read as streams.
 * @throws InspectorError `inputs-wrong` for a file that cannot be read
 */
export async function hashFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    try {
      for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    } catch (error) {
      throw new InspectorError('inputs-wrong', `Cannot read ${path}.`, { cause: error });
    }
  }
  return hash.digest('hex');
}

/**
 * SHA-256 over the files that a model's states come from: its graphs, their external weights, its tokenizer.
 * A model that was written again has another one; one that was moved has the same.
 * @param path absolute path of a model folder or `.onnx` file
 * @throws InspectorError `model-missing`, `model-broken`
 */
export const modelHash = keptHash(
  async path => decidingFiles(sourceAt(path)),
  hashFiles,
  stampsBesideModel,
);
