import { closeSync, openSync, readSync } from 'node:fs';
import { InspectorError } from '../../protocol/errors';

const LFS_POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\//;
/** Bytes that tell what a file is. */
const START = 64;

/** The first bytes of a regular file, one character each. */
export function startOf(path: string): string {
  const bytes = Buffer.alloc(START);
  const descriptor = openSync(path, 'r');
  try {
    return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, START, 0));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Refuses a file that Git keeps elsewhere.
 * @throws InspectorError `model-broken`
 */
export function refuseLfsPointer(path: string, start = startOf(path)): void {
  if (!LFS_POINTER.test(start)) return;
  throw new InspectorError(
    'model-broken',
    `${path} is a Git LFS pointer, a few lines in place of the file: run “git lfs pull” in its folder, or download the file itself.`,
  );
}
