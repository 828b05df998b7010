import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Fail } from './boundedJson';

/** An open file of which a few ranges are read, too small to be worth waiting for each apart. */
export class RangedFile {
  private constructor(
    private readonly descriptor: number,
    /** Bytes. */
    readonly size: number,
    private readonly fail: Fail,
  ) {}

  /**
   * Opens a regular file for as long as it is used.
   * @throws whatever `fail` throws, also where a range lies outside the file
   */
  static use<T>(path: string, fail: Fail, use: (file: RangedFile) => T): T {
    const descriptor = opened(path, fail);
    try {
      return use(new RangedFile(descriptor, fstatSync(descriptor).size, fail));
    } finally {
      closeSync(descriptor);
    }
  }

  /** Bytes `[at, at + length)`; nothing is allocated for a range that the file has not. */
  read(at: number, length: number): Buffer {
    const isInside = at >= 0 && length >= 0 && at + length <= this.size;
    if (!isInside || !Number.isSafeInteger(at + length)) this.fail('it is cut off');
    const bytes = Buffer.alloc(length);
    for (let got = 0; got < length;) {
      const count = readSync(this.descriptor, bytes, got, length - got, at + got);
      if (count === 0) this.fail('it is shorter than it was');
      got += count;
    }
    return bytes;
  }
}

function opened(path: string, fail: Fail): number {
  try {
    // Opening a pipe waits for somebody who writes into it.
    if (statSync(path).isFile()) return openSync(path, 'r');
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  return fail('it is not a regular file');
}
