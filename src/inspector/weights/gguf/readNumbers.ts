import { closeSync, openSync, readSync } from 'node:fs';
import type { StoredWeight } from '../weights';
import { dequantise } from './dequantise';

/** Tensors that are read as a whole have some hundred numbers. */
const MOST_BYTES = 2 ** 22;

/**
 * All numbers of a small tensor.
 * @throws Error where it is not small; whatever the file system says
 */
export function readNumbers({ path, offset, length, dtype }: StoredWeight): Float32Array {
  if (length > MOST_BYTES) throw new Error(`${length} bytes are not read at once`);
  const file = openSync(path, 'r');
  try {
    return dequantise(readAt(file, offset, length), dtype);
  } finally {
    closeSync(file);
  }
}

/**
 * Bytes of an open file.
 * @throws Error where it is shorter than it was
 */
export function readAt(file: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const got = readSync(file, bytes, at, length - at, offset + at);
    if (got === 0) throw new Error('the file is shorter than it was');
    at += got;
  }
  return bytes;
}
