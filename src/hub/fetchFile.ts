import { createHash, type Hash } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { BrokenConnection, downloadFailure } from './failures';
import type { HubFile } from './listing';

/** A file that is being fetched. */
export interface FileFetch {
  readonly file: HubFile;
  /** Where the whole file will lie. */
  readonly place: string;
  /** Where a part of it lies meanwhile. */
  readonly partial: string;
  /** The bytes `[from, size)`, as they come. */
  readonly source: (from: number) => AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  /** Is told how many bytes there are. */
  readonly progress: (bytes: number) => void;
}

/** Connections of one file that break after they brought something. */
const MOST_BREAKS = 20;
/** Bytes that are read and hashed at once: below a millisecond. */
const PIECE = 256 * 1024;

/**
 * Fetches what is missing of a file, checks its hash, and puts it in its place. What was fetched stays
 * where the work is stopped or fails; what has another hash than was announced goes.
 * @throws InspectorError `download-failed`; what the disk or the signal throws
 */
export async function fetchFile(fetch: FileFetch): Promise<void> {
  const { file, place, partial, signal } = fetch;
  if (((await stat(partial).catch(() => undefined))?.size ?? 0) > file.size) await rm(partial);
  const hash = startHash(file);
  const out = await open(partial, 'a+');
  try {
    let have = await hashPart(out, hash, signal);
    fetch.progress(have);
    for (let breaks = 0; have < file.size; breaks++) {
      const before = have;
      try {
        have = await append(fetch, { out, hash, have });
        if (have < file.size) throw endedEarly(file, have);
      } catch (error) {
        const now = (await out.stat()).size;
        if (!(error instanceof BrokenConnection) || signal.aborted) throw error;
        if (now === before || breaks >= MOST_BREAKS) throw error;
        have = now;
      }
    }
    await out.sync();
  } finally {
    await out.close();
  }
  if (hash.digest('hex') !== file.hash.hex) {
    await rm(partial);
    throw downloadFailure(
      `${file.path} arrived damaged, its hash is not the one that was announced: it was deleted; try again.`,
    );
  }
  await rename(partial, place);
}

interface Open {
  readonly out: FileHandle;
  readonly hash: Hash;
  readonly have: number;
}

/** Appends what comes. @returns bytes that there are then */
async function append(fetch: FileFetch, { out, hash, have }: Open): Promise<number> {
  let bytes = have;
  for await (const piece of fetch.source(have)) {
    fetch.signal.throwIfAborted();
    await out.appendFile(piece);
    hash.update(piece);
    bytes += piece.length;
    fetch.progress(bytes);
  }
  return bytes;
}

/** A hash of Git begins with a header of its own. */
function startHash({ hash, size }: HubFile): Hash {
  return hash.kind === 'sha256'
    ? createHash('sha256')
    : createHash('sha1').update(`blob ${size}\0`);
}

/** Hashes what was fetched before. @returns its bytes */
async function hashPart(out: FileHandle, hash: Hash, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  const stream = out.createReadStream({ start: 0, autoClose: false, highWaterMark: PIECE });
  for await (const piece of stream as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    hash.update(piece);
    bytes += piece.length;
  }
  return bytes;
}

function endedEarly(file: HubFile, have: number): Error {
  return new BrokenConnection(
    `${file.path} ended after ${have} of ${file.size} bytes: try again, the rest is fetched then.`,
  );
}
