import { listFiles, modelInfo } from '@huggingface/hub';
import * as v from 'valibot';
import { InspectorError } from '../protocol/errors';
import type { ModelAddress } from './address';
import type { HubConnection } from './connection';
import type { HubEnvironment } from './environment';
import { downloadFailure } from './failures';

/** A file of a model on the Hub. */
export interface HubFile {
  /** Path in the model, with slashes; never outside it. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly hash: FileHash;
}

/** What proves a file's content, and names it in the cache. */
export interface FileHash {
  /** SHA-256 of the content, or Git's: SHA-1 of a header and the content. */
  readonly kind: 'sha256' | 'git';
  /** Lower-case hexadecimal. */
  readonly hex: string;
}

/** What the Hub says of a model. */
export interface Listing {
  /** Commit that the files are of, 40 hexadecimal digits. */
  readonly commit: string;
  /** As the repository names it; undefined where it names none. */
  readonly licence: string | undefined;
  /** Its terms have to be accepted before files are given. */
  readonly isGated: boolean;
  readonly files: readonly HubFile[];
}

/** Repositories of models have some dozens. */
const MOST_FILES = 10_000;
const MOST_PAGES = 50;
const LARGEST_PAGE = 4 * 1024 * 1024;
const LONGEST_PATH = 512;
/** Control characters, and what parts folders on Windows. */
// eslint-disable-next-line no-control-regex
const NEVER = /[\u0000-\u001f\u007f\\]/;
/** What no system but some can have in a file's name. */
const UNUSUAL = /[:*?"<>|]|[. ](\/|$)/;

const hex = (digits: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`)));
const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Info = v.object({
  sha: hex(40),
  gated: v.optional(v.union([v.boolean(), v.string()])),
  tags: v.optional(v.array(v.string())),
});
const Entry = v.object({
  type: v.string(),
  path: v.string(),
  size: v.optional(size),
  oid: v.optional(v.string()),
  lfs: v.optional(v.object({ oid: hex(64), size })),
});

/**
 * Asks the Hub what a model consists of.
 * @throws InspectorError `download-failed`
 */
export async function readListing(
  { name, revision }: ModelAddress,
  { endpoint, host }: HubEnvironment,
  connection: HubConnection,
): Promise<Listing> {
  const common = { hubUrl: endpoint, fetch: connection.small(LARGEST_PAGE) };
  const answer = await asked(host, () =>
    modelInfo({ name, revision, additionalFields: ['sha', 'tags'], ...common }),
  );
  const info = checked(Info, answer, host);
  const licence = info.tags?.find(tag => /^license:[\w.+-]{1,60}$/.test(tag));
  return {
    commit: info.sha,
    licence: licence?.slice('license:'.length),
    isGated: info.gated !== undefined && info.gated !== false,
    files: await asked(host, () => readFiles(name, info.sha, host, common)),
  };
}

async function readFiles(
  name: string,
  commit: string,
  host: string,
  { hubUrl, fetch }: { hubUrl: string; fetch: typeof globalThis.fetch },
): Promise<readonly HubFile[]> {
  const files = new Map<string, HubFile>();
  const tooMany = () =>
    downloadFailure(
      `${name} has more than ${MOST_FILES.toLocaleString('en')} files, which no model has: nothing was fetched.`,
    );
  let pages = 0;
  const counted: typeof fetch = (input, init) => {
    if (++pages > MOST_PAGES) throw tooMany();
    return fetch(input, init);
  };
  let entries = 0;
  const list = listFiles({ repo: name, revision: commit, recursive: true, hubUrl, fetch: counted });
  for await (const each of list) {
    if (++entries > MOST_FILES) throw tooMany();
    const entry = checked(Entry, each, host);
    if (entry.type !== 'file') continue;
    refuseOutside(entry.path, host);
    // Such a file cannot lie on every disk, and no model needs it.
    if (entry.path.length > LONGEST_PATH || UNUSUAL.test(entry.path)) continue;
    files.set(entry.path, fileOf(entry, host));
  }
  return [...files.values()];
}

function fileOf({ path, lfs, oid, size }: v.InferOutput<typeof Entry>, host: string): HubFile {
  if (lfs) return { path, size: lfs.size, hash: { kind: 'sha256', hex: lfs.oid } };
  if (size === undefined) throw unexpected(host);
  return { path, size, hash: { kind: 'git', hex: checked(hex(40), oid, host) } };
}

/** Refuses a path that does not stay below the folder in which it starts, on any system. */
function refuseOutside(path: string, host: string): void {
  const isInside = path.split('/').every(part => !['', '.', '..'].includes(part));
  if (isInside && !NEVER.test(path)) return;
  throw downloadFailure(
    `${host} lists a file whose name leads out of the model's folder (${JSON.stringify(path.slice(0, 60))}): nothing was fetched.`,
  );
}

/** What `work` gives; anything but a sentence of ours means that the host answered with something else. */
async function asked<T>(host: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InspectorError) throw error;
    throw unexpected(host, error);
  }
}

function checked<T extends v.GenericSchema>(
  schema: T,
  value: unknown,
  host: string,
): v.InferOutput<T> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw unexpected(host, new v.ValiError(result.issues));
}

function unexpected(host: string, cause?: unknown): InspectorError {
  return downloadFailure(
    `${host} answered with something else than a list of files: check that HF_ENDPOINT is the address of a Hub.`,
    cause,
  );
}
