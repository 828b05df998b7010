import type { HubEnvironment } from './environment';
import { BrokenConnection, broken, downloadFailure, refusal } from './failures';

/** `fetch`, as the platform has it. */
export type Fetch = typeof globalThis.fetch;

/** What requests are made with. */
export interface ConnectionOptions {
  readonly environment: HubEnvironment;
  /** Name of the model that is asked for. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** The platform's own unless given: VS Code replaces it by one that knows its proxies. */
  readonly fetch?: Fetch | undefined;
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly patience?: number | undefined;
}

/** A part of a file: bytes `[from, size)`. */
export interface Range {
  readonly path: string;
  readonly from: number;
  /** Bytes of the whole file. */
  readonly size: number;
}

const PATIENCE = 30_000;
const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Requests about one model. The token goes to the Hub and to no other host, wherever an answer leads;
 * a connection that brings nothing is given up; an answer never brings more than was agreed.
 */
export class HubConnection {
  /** Where the model has its page. */
  readonly page: string;

  constructor(private readonly options: ConnectionOptions) {
    this.page = `${options.environment.endpoint}/${options.name}`;
  }

  /** A `fetch` for answers of at most so many bytes. */
  small(most: number): Fetch {
    return async input => {
      const answer = await this.request(addressOf(input), {});
      const tooLong = () =>
        downloadFailure(`${this.host} answered with more than ${most} bytes: nothing was fetched.`);
      return this.watched(answer, { skipped: 0, most, tooLong });
    };
  }

  /** A `fetch` for a part of a file, whose answer is this part and nothing else. */
  part({ path, from, size }: Range): Fetch {
    return async input => {
      const wanted: Record<string, string> =
        from === 0 ? {} : { range: `bytes=${from}-${size - 1}` };
      const answer = await this.request(addressOf(input), wanted);
      const { response } = answer;
      const isWhole = response.status === 200;
      const begin = isWhole ? 0 : from;
      const length = response.headers.get('content-length');
      const isPlain = (response.headers.get('content-encoding') ?? 'identity') === 'identity';
      const isOther =
        (isPlain && length !== null && Number(length) !== size - begin) ||
        (!isWhole && !isRange(response, { from, size }));
      if (isOther) {
        await response.body?.cancel();
        throw downloadFailure(
          `${this.host} offers another part of ${path} than was asked for: try again later.`,
        );
      }
      const tooLong = () =>
        downloadFailure(
          `${this.host} sent more of ${path} than the ${size} bytes that it had announced: try again later.`,
        );
      // A server that knows no ranges sends the beginning again.
      return this.watched(answer, { skipped: from - begin, most: size - begin, tooLong });
    };
  }

  /** The host that is asked first. */
  get host(): string {
    return this.options.environment.host;
  }

  /** Whether an address is one of the Hub itself, to which alone the token goes. */
  private isOwn(url: URL): boolean {
    return url.origin === new URL(this.options.environment.endpoint).origin;
  }

  private async request(
    first: URL,
    wanted: Readonly<Record<string, string>>,
  ): Promise<WatchedResponse> {
    let url = first;
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const answer = await this.once(url, wanted);
      const { status, headers } = answer.response;
      if (!REDIRECTS.includes(status)) return this.success(answer);
      await answer.response.body?.cancel();
      url = this.next(url, headers.get('location'));
    }
    throw downloadFailure(
      `${this.host} leads from one address to the next without end: try again later.`,
    );
  }

  /** One request, without following where it leads. */
  private async once(url: URL, wanted: Readonly<Record<string, string>>): Promise<WatchedResponse> {
    const { signal, environment, fetch = globalThis.fetch } = this.options;
    signal.throwIfAborted();
    const patience = new AbortController();
    const token = this.isOwn(url) ? environment.token : undefined;
    const headers = {
      ...wanted,
      'accept-encoding': 'identity',
      'user-agent': 'attention-debugger',
      ...(token ? { authorization: `Bearer ${token.text}` } : {}),
    };
    const asked = fetch(url, {
      headers,
      redirect: 'manual',
      credentials: 'omit',
      signal: AbortSignal.any([signal, patience.signal]),
    });
    return { response: await this.within(patience, url, asked), patience, url };
  }

  /** Waits for a step of a connection, but not for ever. */
  private async within<T>(patience: AbortController, url: URL, step: Promise<T>): Promise<T> {
    const { signal, patience: time = PATIENCE } = this.options;
    const timer = setTimeout(() => patience.abort(), time);
    try {
      return await step;
    } catch (error) {
      signal.throwIfAborted();
      if (!patience.signal.aborted) throw broken(url.host, error);
      throw new BrokenConnection(
        `${url.host} sent nothing for ${Math.round(time / 1000)} seconds: try again; what was fetched is kept.`,
      );
    } finally {
      clearTimeout(timer);
    }
  }

  private async success(answer: WatchedResponse): Promise<WatchedResponse> {
    const { status, headers, body } = answer.response;
    if (status === 200 || status === 206) return answer;
    await body?.cancel();
    const { environment, name } = this.options;
    const [code, retryAfter] = [headers.get('x-error-code'), headers.get('retry-after')];
    throw refusal(
      { status, code, retryAfter, isOwn: this.isOwn(answer.url) },
      { host: answer.url.host, name, hasToken: environment.token !== undefined, page: this.page },
    );
  }

  private next(url: URL, location: string | null): URL {
    const next =
      location !== null && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    const isSafe =
      next?.protocol === 'https:' || (next?.protocol === 'http:' && url.protocol === 'http:');
    if (next && isSafe) return next;
    throw downloadFailure(
      `${url.host} leads to an address that is not safe to follow: nothing was fetched from there.`,
    );
  }

  /** The same answer, its body in watched pieces. */
  private watched({ response, patience, url }: WatchedResponse, limits: Limits): Response {
    const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
    let seen = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: async controller => {
          for (;;) {
            const piece = await this.within(patience, url, reader?.read() ?? ENDED);
            if (piece.done) {
              controller.close();
              return;
            }
            const skipped = Math.max(0, limits.skipped - seen);
            seen += piece.value.length;
            if (seen > limits.most) {
              await reader?.cancel();
              throw limits.tooLong();
            }
            if (piece.value.length <= skipped) continue;
            controller.enqueue(piece.value.subarray(skipped));
            return;
          }
        },
        cancel: reason => reader?.cancel(reason),
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status: 200, headers: response.headers });
  }
}

interface WatchedResponse {
  readonly response: Response;
  /** Ends the connection. */
  readonly patience: AbortController;
  readonly url: URL;
}

/** How much of an answer is taken. */
interface Limits {
  /** Bytes at its beginning that are known already. */
  readonly skipped: number;
  readonly most: number;
  readonly tooLong: () => Error;
}

const ENDED = Promise.resolve({ done: true as const, value: undefined });

function addressOf(input: string | URL | Request): URL {
  return new URL(input instanceof Request ? input.url : input);
}

function isRange({ headers }: Response, { from, size }: Omit<Range, 'path'>): boolean {
  return headers.get('content-range') === `bytes ${from}-${size - 1}/${size}`;
}
