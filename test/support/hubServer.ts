import { createHash } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** The commit that every model of the server is at. */
export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** What was asked for. */
export interface Asked {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** Answers a request in another way than a Hub would; false where it leaves that to the Hub. */
export type Misbehave = (asked: Asked, response: ServerResponse) => boolean;

/** Files of a model by path. */
export type ServedFiles = Readonly<Record<string, Buffer>>;

const LARGE = /\.(safetensors|onnx|onnx_data|bin|gguf)$/;

/** A model hub on this machine that can be told to misbehave; it is the proxy for itself, too. */
export class HubServer {
  readonly asked: Asked[] = [];
  /** Hosts that it was asked for as a proxy. */
  readonly proxied = new Set<string>();
  misbehave: Misbehave = () => false;
  /** More of what `/api/models/…` says. */
  about: Readonly<Record<string, unknown>> = {};
  private readonly server = http.createServer((request, response) =>
    this.answer(request, response),
  );

  private constructor(private readonly models: Readonly<Record<string, ServedFiles>>) {
    this.server.on('connect', ({ url = '' }: IncomingMessage, client: Socket) => {
      this.proxied.add(url);
      const own = connect((this.server.address() as AddressInfo).port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(own).pipe(client);
      });
      for (const socket of [client, own]) socket.on('error', () => socket.destroy());
    });
  }

  static async start(models: Readonly<Record<string, ServedFiles>>): Promise<HubServer> {
    const hub = new HubServer(models);
    await new Promise<void>(resolve => hub.server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** Paths that were asked for, without what is behind the question mark. */
  get paths(): readonly string[] {
    return this.asked.map(({ path }) => path.split('?')[0] ?? '');
  }

  private answer({ url = '/', headers }: IncomingMessage, response: ServerResponse): void {
    const { range, authorization } = headers;
    const asked = { path: url, range, authorization };
    this.asked.push(asked);
    if (URL.canParse(url)) this.proxied.add(new URL(url).host);
    if (this.misbehave(asked, response)) return;
    const { pathname } = new URL(url, this.url);
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\//.exec(pathname);
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(pathname);
    const files = this.models[api?.[1] ?? file?.[1] ?? ''];
    if (!files) {
      sendJson(response, { error: 'Repository not found' }, 404, {
        'x-error-code': 'RepoNotFound',
      });
    } else if (api?.[2] === 'revision') {
      sendJson(response, { ...INFO, id: api[1], ...this.about });
    } else if (api) sendJson(response, Object.entries(files).map(entryOf));
    else sendFile(response, files[decodeURIComponent(file?.[3] ?? '')], range);
  }
}

const INFO = {
  _id: '1',
  sha: COMMIT,
  private: false,
  gated: false,
  downloads: 1,
  likes: 0,
  lastModified: '2026-01-01T00:00:00.000Z',
  tags: ['license:apache-2.0'],
};

export function sendJson(
  response: ServerResponse,
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): true {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
  return true;
}

/** How the Hub lists a file. */
export function entryOf([path, content]: readonly [string, Buffer]) {
  const lfs = { oid: sha256(content), size: content.length, pointerSize: 134 };
  return {
    type: 'file',
    path,
    size: content.length,
    oid: gitHash(content),
    ...(LARGE.test(path) ? { lfs } : {}),
  };
}

/** The name of a file's blob in the cache. */
export function blobName(path: string, content: Buffer): string {
  return LARGE.test(path) ? sha256(content) : gitHash(content);
}

function sendFile(response: ServerResponse, content: Buffer | undefined, range?: string): void {
  if (!content) {
    sendJson(response, { error: 'Entry not found' }, 404, { 'x-error-code': 'EntryNotFound' });
    return;
  }
  const [, from] = /^bytes=(\d+)-/.exec(range ?? '') ?? [];
  const begin = Number(from ?? 0);
  const part = content.subarray(begin);
  const isPart = from !== undefined;
  response.writeHead(isPart ? 206 : 200, {
    'content-length': part.length,
    ...(isPart
      ? { 'content-range': `bytes ${begin}-${content.length - 1}/${content.length}` }
      : {}),
  });
  response.end(part);
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function gitHash(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** Bytes that compress badly and differ everywhere. */
export function bytes(length: number, seed = 1): Buffer {
  const buffer = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    buffer[i] = state >>> 24;
  }
  return buffer;
}
