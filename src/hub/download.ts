import path from 'node:path';
import { InspectorError } from '../protocol/errors';
import { ModelCache, type Link } from './cache';
import { HubConnection } from './connection';
import { downloadFailure } from './failures';
import { fetchFile } from './fetchFile';
import { openFile } from './hubFiles';
import { withLock } from './lock';
import type { DownloadPlan, HubOptions } from './plan';
import { withStop } from './stop';

/** How far a download is. */
export interface DownloadProgress {
  /** Path in the model of the file that is being fetched. */
  readonly file: string;
  /** Bytes of all files that are here. */
  readonly done: number;
  readonly total: number;
}

export interface DownloadOptions extends HubOptions {
  readonly progress?: (progress: DownloadProgress) => void;
  readonly link?: Link;
}

/**
 * Fetches what a plan names into the cache of models, from where an earlier attempt stopped.
 * @returns the path to open: the folder of the model's snapshot, or a file in it
 * @throws InspectorError `download-failed`, `cancelled`
 */
export function download(plan: DownloadPlan, options: DownloadOptions): Promise<string> {
  const { environment, signal, link } = options;
  const cache = new ModelCache(environment.cache, plan.address.name, link);
  return withStop(signal, () =>
    withDisk(environment.cache, async () => {
      await cache.prepare();
      return withLock(cache.lock, plan.address.name, () => fetchAll(plan, cache, options));
    }),
  );
}

/** Bytes of a plan that lie in the cache already. */
export async function presentBytes(plan: DownloadPlan, cache: string): Promise<number> {
  const place = new ModelCache(cache, plan.address.name);
  const sizes = await Promise.all(plan.files.map(file => place.present(plan.commit, file)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Removes what a download left unfinished. */
export async function discardPartial(plan: DownloadPlan, cache: string): Promise<void> {
  await new ModelCache(cache, plan.address.name).discard(plan.files);
}

async function fetchAll(
  plan: DownloadPlan,
  cache: ModelCache,
  options: DownloadOptions,
): Promise<string> {
  const { environment, signal, progress } = options;
  const { address, commit, files, bytes: total } = plan;
  const connection = new HubConnection({ ...options, name: address.name });
  await cache.checkRoom(total - (await presentBytes(plan, environment.cache)));
  let before = 0;
  for (const file of files) {
    signal.throwIfAborted();
    if (!(await cache.isHere(commit, file))) {
      await fetchFile({
        file,
        place: cache.blob(file),
        partial: cache.partial(file),
        source: from =>
          openFile({ name: address.name, commit, file, from }, environment, connection),
        signal,
        progress: bytes => progress?.({ file: file.path, done: before + bytes, total }),
      });
    }
    await cache.show(commit, file);
    before += file.size;
    progress?.({ file: file.path, done: before, total });
  }
  await cache.refer(address.revision, commit);
  return path.join(cache.snapshot(commit), plan.opened);
}

/** What the disk refuses, as a sentence. */
async function withDisk<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InspectorError || !(error instanceof Error && 'syscall' in error)) {
      throw error;
    }
    const isFull = 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
    throw downloadFailure(
      isFull
        ? `The disk of ${folder} is full: make room and try again; what was fetched is kept.`
        : `Nothing can be written in ${folder}: set HF_HUB_CACHE to a folder of yours.`,
      error,
    );
  }
}
