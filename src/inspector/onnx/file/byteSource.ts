import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { InspectorError } from '../../../protocol/errors';
import { stampOf } from '../../files/fileStamps';

/** Random access to bytes that need not be in memory. */
export interface ByteSource {
  readonly size: number;
  /** The bytes `[offset, offset + length)`, valid until the next call; the caller checks the bounds. */
  view(offset: number, length: number): Uint8Array;
}

const windowSize = 1 << 18;

/** Reads a file through a window, so that skipping over weights costs nothing. */
export class FileSource implements ByteSource {
  readonly size: number;
  /** What tells this content of the file from another. */
  readonly stamp: string;
  readonly #descriptor: number;
  #window = new Uint8Array(0);
  #start = 0;

  constructor(path: string) {
    // Before it is opened: opening a pipe waits for somebody who writes into it.
    if (!statSync(path).isFile()) throw new Error('it is not a regular file');
    this.#descriptor = openSync(path, 'r');
    const found = fstatSync(this.#descriptor);
    this.size = found.size;
    this.stamp = stampOf(found);
  }

  view(offset: number, length: number): Uint8Array {
    if (offset < this.#start || offset + length > this.#start + this.#window.length) {
      this.#window = new Uint8Array(Math.min(Math.max(length, windowSize), this.size - offset));
      this.#start = offset;
      const got = readSync(this.#descriptor, this.#window, 0, this.#window.length, offset);
      if (got < length) throw new Error('the file became shorter while it was read');
    }
    const from = offset - this.#start;
    return this.#window.subarray(from, from + length);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/**
 * Opens the file of a model.
 * @returns the source, which the caller closes, and the path with symbolic links resolved
 * @throws InspectorError `model-missing`
 */
export function openModelFile(path: string): {
  readonly source: FileSource;
  readonly realPath: string;
} {
  try {
    const realPath = realpathSync(path);
    return { source: new FileSource(realPath), realPath };
  } catch (cause) {
    throw new InspectorError(
      'model-missing',
      `The model ${path} cannot be opened: check that it is there and may be read.`,
      { cause },
    );
  }
}

/** Bytes that are in memory already. */
export class MemorySource implements ByteSource {
  readonly size: number;
  constructor(private readonly bytes: Uint8Array) {
    this.size = bytes.length;
  }
  view(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, offset + length);
  }
}
