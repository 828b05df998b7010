import { lstat, mkdir, rename, rm, stat, statfs, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { downloadFailure } from './failures';
import { sizeText } from './words';
import type { HubFile } from './listing';

/** Makes a symbolic link; not every system lets people do so. */
export type Link = (target: string, place: string) => Promise<void>;

/** What is fetched in part; Python's own partial files have another name. */
const PARTIAL = '.attention-debugger-partial';
/** Room that stays free. */
const SPARE = 64 * 1024 * 1024;

/**
 * The folder of one model in the cache that Python's `huggingface_hub` reads and writes:
 * `models--org--name` with `blobs/<hash>`, `snapshots/<commit>/<path>` that lead there, and
 * `refs/<revision>`.
 */
export class ModelCache {
  /** The model's own folder. */
  readonly folder: string;
  private readonly name: string;

  /**
   * @param cache folder of all models
   * @param link symbolic links where the system has them
   */
  constructor(
    private readonly cache: string,
    model: string,
    private readonly link: Link = symlink,
  ) {
    this.name = `models--${model.replaceAll('/', '--')}`;
    this.folder = path.join(cache, this.name);
  }

  /** Where a commit's files are read. */
  snapshot(commit: string): string {
    return path.join(this.folder, 'snapshots', commit);
  }

  blob({ hash }: HubFile): string {
    return path.join(this.folder, 'blobs', hash.hex);
  }

  partial(file: HubFile): string {
    return `${this.blob(file)}${PARTIAL}`;
  }

  /** The file that says that somebody is at work on this model. */
  get lock(): string {
    return path.join(this.cache, '.locks', this.name, 'attention-debugger.lock');
  }

  /** Makes the folders that files are fetched into. @throws InspectorError where that cannot be */
  async prepare(): Promise<void> {
    try {
      await mkdir(path.join(this.folder, 'blobs'), { recursive: true });
      await mkdir(path.dirname(this.lock), { recursive: true });
    } catch (error) {
      throw downloadFailure(
        `Nothing can be written in ${this.cache}: set HF_HUB_CACHE to a folder of yours.`,
        error,
      );
    }
  }

  /** Bytes of a file that lie on the disk, whole or in part. */
  async present(commit: string, file: HubFile): Promise<number> {
    if (await this.isHere(commit, file)) return file.size;
    const size = await sizeOf(this.partial(file));
    return size !== undefined && size <= file.size ? size : 0;
  }

  /** Whether the whole file is here: as a blob, or as a copy where there are no links. */
  async isHere(commit: string, file: HubFile): Promise<boolean> {
    const places = [this.blob(file), path.join(this.snapshot(commit), file.path)];
    const sizes = await Promise.all(places.map(sizeOf));
    return sizes.includes(file.size);
  }

  /** Puts a file whose blob is here at its path in the snapshot. */
  async show(commit: string, file: HubFile): Promise<void> {
    const place = path.join(this.snapshot(commit), file.path);
    const blob = this.blob(file);
    if ((await sizeOf(blob)) === undefined) return;
    if ((await sizeOf(place)) === file.size) return;
    await mkdir(path.dirname(place), { recursive: true });
    if (await lstat(place).catch(() => undefined)) await rm(place);
    try {
      await this.link(path.relative(path.dirname(place), blob), place);
    } catch {
      // As Python's library does where links are not allowed.
      await rename(blob, place);
    }
  }

  /** Notes down which commit a branch or tag is, once the commit's files are here. */
  async refer(revision: string, commit: string): Promise<void> {
    if (revision === commit) return;
    const place = path.join(this.folder, 'refs', revision);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, commit);
  }

  /** Removes what was fetched in part. */
  async discard(files: readonly HubFile[]): Promise<void> {
    await Promise.all(files.map(file => rm(this.partial(file), { force: true })));
  }

  /**
   * Refuses what the disk has no room for.
   * @param bytes that are still to come
   */
  async checkRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    const free = bavail * bsize;
    if (free >= bytes + SPARE) return;
    throw downloadFailure(
      `There are ${sizeText(free)} free at ${this.cache}, and ${sizeText(bytes)} are to be fetched: make room, or set HF_HUB_CACHE to a folder on another disk.`,
    );
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}
