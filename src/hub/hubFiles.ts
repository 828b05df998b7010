import { downloadFile } from '@huggingface/hub';
import type { HubConnection } from './connection';
import type { HubEnvironment } from './environment';
import { downloadFailure } from './failures';
import type { HubFile } from './listing';

/** A file on the Hub, from one of its bytes on. */
export interface FilePart {
  /** Name of the model. */
  readonly name: string;
  readonly commit: string;
  readonly file: HubFile;
  readonly from: number;
}

/**
 * The bytes `[from, size)` of a file, as they come. The library's own protocol for large files is not
 * used: it computes more than a host's thread should, and the Hub gives every file over HTTP as well.
 * @throws InspectorError `download-failed`
 */
export async function* openFile(
  { name, commit, file, from }: FilePart,
  { endpoint, host }: HubEnvironment,
  connection: HubConnection,
): AsyncGenerator<Uint8Array> {
  const { path, size, hash } = file;
  if (from >= size) return;
  const get = connection.part({ path, from, size });
  // The library makes other errors of what it meets: what happened is kept here.
  let failure: unknown;
  const fetch: typeof get = (input, init) =>
    get(input, init).catch((error: unknown) => {
      failure = error;
      throw error;
    });
  const blob = await downloadFile({
    repo: name,
    path,
    revision: commit,
    hubUrl: endpoint,
    xet: false,
    fetch,
    downloadInfo: {
      size,
      etag: hash.hex,
      url: `${endpoint}/${name}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`,
    },
  });
  if (!blob) throw downloadFailure(`${host} no longer has ${path} of ${name}.`);
  try {
    yield* blob.slice(from, size).stream();
  } catch (error) {
    throw failure ?? error;
  }
}
