import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, statfs, utimes, type FileHandle } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { replaceFile } from '../../files/replaceFile';

/** Of all files together. */
const LARGEST_FOLDER = 64e9;
/** What is left free on the disk. */
const RESERVE = 1e9;
/** Only files of this name are ours, and are ever removed. */
const NAME = /^[\da-f]{32}\.safetensors$/;

/** How large a folder of scratch files may become, and what its disk has left. */
interface Room {
  readonly limit?: number;
  /** Bytes that are free on the disk of a folder. */
  readonly freeAt?: (folder: string) => Promise<number>;
}

/**
 * A folder of large files that can be made again at any time: weights in a form that the runtime maps
 * instead of holding them. The one that was used longest ago goes when there is no room.
 */
export class ScratchFolder {
  private readonly limit: number;
  private readonly freeAt: (folder: string) => Promise<number>;

  constructor(
    readonly path: string,
    { limit = LARGEST_FOLDER, freeAt = freeBytes }: Room = {},
  ) {
    this.limit = limit;
    this.freeAt = freeAt;
  }

  /** Whether a file of that size would have room, if those that are not needed went. */
  async fits(key: string, size: number): Promise<boolean> {
    if ((await sizeOf(this.#fileOf(key))) === size) return true;
    return size <= this.limit && size + RESERVE <= (await this.#available());
  }

  /**
   * The file of a key, which is written if it is not there in that size.
   * @param key all that its content depends on
   * @param what is in it, for errors: the name of a model
   * @throws InspectorError `out-of-memory` where there is no room, or the disk cannot be written to
   */
  async file(
    key: string,
    size: number,
    what: string,
    write: (file: FileHandle) => Promise<void>,
  ): Promise<string> {
    const path = this.#fileOf(key);
    if ((await sizeOf(path)) === size) {
      // What was used last is kept longest.
      const now = new Date();
      await utimes(path, now, now).catch(() => undefined);
      return path;
    }
    await this.#makeRoom(size, what);
    try {
      await replaceFile(path, write);
    } catch (cause) {
      if (cause instanceof InspectorError) throw cause;
      const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
      if (typeof code !== 'string') throw cause;
      throw new InspectorError(
        'out-of-memory',
        `The weights of ${what} cannot be written to ${this.path} (${code}): make room there, or allow writing.`,
        { cause },
      );
    }
    return path;
  }

  /** Bytes of all its files. */
  async size(): Promise<number> {
    return (await this.#files()).reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Removes all its files, but those that are in use where the system keeps these.
   * @returns bytes that were removed
   */
  async clear(): Promise<number> {
    let removed = 0;
    for (const { path, size } of await this.#files()) {
      if (await isRemoved(path)) removed += size;
    }
    return removed;
  }

  #fileOf(key: string): string {
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 32);
    return join(this.path, `${hash}.safetensors`);
  }

  async #makeRoom(size: number, what: string): Promise<void> {
    await mkdir(this.path, { recursive: true });
    const available = await this.#available();
    if (size > this.limit || size + RESERVE > available) {
      const room = Math.max(0, Math.min(this.limit, available - RESERVE));
      throw new InspectorError(
        'out-of-memory',
        `The weights of ${what} take ${gigabytes(size)} once they are unpacked, and ${gigabytes(room)} may be used in ${this.path}: make room on its disk, or choose a smaller model.`,
      );
    }
    const files = (await this.#files()).sort((a, b) => a.used - b.used);
    let total = files.reduce((sum, each) => sum + each.size, 0);
    let free = await this.freeAt(this.path);
    for (const file of files) {
      if (total + size <= this.limit && size + RESERVE <= free) break;
      if (!(await isRemoved(file.path))) continue;
      total -= file.size;
      free += file.size;
    }
  }

  /** What is free on the disk, and what its files would give back. */
  async #available(): Promise<number> {
    await mkdir(this.path, { recursive: true });
    return (await this.freeAt(this.path)) + (await this.size());
  }

  async #files() {
    // A folder that is not there holds none.
    const names = await readdir(this.path).catch(() => []);
    const found = names
      .filter(name => NAME.test(name))
      .map(async name => {
        const path = join(this.path, name);
        const stats = await stat(path).catch(() => undefined);
        return stats?.isFile() ? [{ path, size: stats.size, used: stats.mtimeMs }] : [];
      });
    return (await Promise.all(found)).flat();
  }
}

/** Where the command line keeps what can be made again, as the system has it. */
export function cacheFolder(
  platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const home = homedir();
  const parent =
    platform === 'win32'
      ? (env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Caches')
        : (env.XDG_CACHE_HOME ?? join(home, '.cache'));
  return join(parent, 'attention-debugger', 'weights');
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

/** Windows keeps a file that is mapped. */
async function isRemoved(path: string): Promise<boolean> {
  return rm(path).then(
    () => true,
    () => false,
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
