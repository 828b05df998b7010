import { open, type FileHandle } from 'node:fs/promises';
import type { Fail } from './boundedJson';
import { regularFile } from './regularFile';

/** An open file of which a few ranges are read. */
export class RangedFile {
  private constructor(
    private readonly file: FileHandle,
    /** Bytes. */
    readonly size: number,
    private readonly fail: Fail,
  ) {}

  /**
   * Opens a regular file for as long as it is used.
   * @throws whatever `fail` throws, also where a range lies outside the file
   */
  static async use<T>(path: string, fail: Fail, use: (file: RangedFile) => Promise<T>): Promise<T> {
    const opened = regularFile(path).then(() => open(path));
    const file = await opened.catch((error: unknown) => fail(reasonOf(error)));
    try {
      return await use(new RangedFile(file, (await file.stat()).size, fail));
    } finally {
      await file.close();
    }
  }

  /** Bytes `[at, at + length)`; nothing is allocated for a range that the file has not. */
  async read(at: number, length: number): Promise<Buffer> {
    const isInside = at >= 0 && length >= 0 && at + length <= this.size;
    if (!isInside || !Number.isSafeInteger(at + length)) this.fail('it is cut off');
    const bytes = Buffer.alloc(length);
    for (let got = 0; got < length;) {
      const { bytesRead } = await this.file.read(bytes, got, length - got, at + got);
      if (bytesRead === 0) this.fail('it is shorter than it was');
      got += bytesRead;
    }
    return bytes;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
