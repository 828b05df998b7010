import { InspectorError, toErrorReport, type ErrorReport } from './errors';

/** Anything that carries structured-clone messages: a child process, a webview, a test. */
export interface Port {
  post(message: unknown): void;
  /** Registers a listener; returns the function that removes it. */
  listen(listener: (message: unknown) => void): () => void;
}

/** An interface of async methods with one parameter each; both ends derive their types from it. */
export type Api<T> = { [M in keyof T]: (params: never) => Promise<unknown> };
export type Params<T, M extends keyof T> = T[M] extends (params: infer P) => Promise<unknown>
  ? P
  : never;
export type Result<T, M extends keyof T> = T[M] extends (params: never) => Promise<infer R>
  ? R
  : never;

type Message =
  | { readonly kind: 'request'; readonly id: number; readonly method: string; params: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorReport }
  | { readonly kind: 'event'; readonly name: string; readonly value: unknown };

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

/** Tells when an answer is no longer wanted; what every `AbortSignal` is. */
export interface Cancellation {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
}

/** A cancellation that this end sets off. */
class Cancellable implements Cancellation {
  aborted = false;
  private readonly listeners = new Set<() => void>();

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.add(listener);
  }

  cancel(): void {
    this.aborted = true;
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }
}

/** A cancellation that nobody sets off. */
export const NEVER_CANCELLED: Cancellation = { aborted: false, addEventListener: () => undefined };

export interface CallOptions {
  /** Receives what the serving end reports while the call is under way. */
  onProgress?: (value: unknown) => void;
  /** Asks the serving end to stop; the call still ends with what that end answers. */
  signal?: Cancellation;
}

/** The calling end of a channel. Every call ends in a result or an error, also when the channel closes. */
export class Caller<T extends Api<T>> {
  private nextId = 1;
  private readonly pending = new Map<
    number,
    {
      resolve: (value: unknown) => void;
      reject: (error: Error) => void;
      onProgress: ((value: unknown) => void) | undefined;
    }
  >();
  private readonly stop: () => void;

  constructor(private readonly port: Port) {
    this.stop = port.listen(message => this.receive(message));
  }

  /**
   * Calls `method` on the other end.
   * @throws InspectorError with the code that the other end gave, or `fail`'s when the channel closed.
   */
  call<M extends keyof T & string>(
    method: M,
    params: Params<T, M>,
    options: CallOptions = {},
  ): Promise<Result<T, M>> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, {
        resolve: value => resolve(value as Result<T, M>),
        reject,
        onProgress: options.onProgress,
      });
      try {
        this.port.post({ kind: 'request', id, method, params } satisfies Message);
        const cancel = () => {
          if (this.pending.has(id)) this.port.post({ kind: 'cancel', id } satisfies Message);
        };
        if (options.signal?.aborted) cancel();
        else options.signal?.addEventListener('abort', cancel);
      } catch (error) {
        this.pending.delete(id);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Ends every open call with `error`: the other end is gone. */
  fail(error: InspectorError): void {
    const open = [...this.pending.values()];
    this.pending.clear();
    for (const call of open) call.reject(error);
  }

  dispose(): void {
    this.stop();
    this.fail(new InspectorError('cancelled', 'Cancelled.'));
  }

  private receive(message: unknown): void {
    if (!isMessage(message)) return;
    if (message.kind === 'request' || message.kind === 'cancel' || message.kind === 'event') return;
    const call = this.pending.get(message.id);
    if (!call) return;
    if (message.kind === 'progress') {
      call.onProgress?.(message.value);
      return;
    }
    this.pending.delete(message.id);
    if (message.kind === 'result') call.resolve(message.value);
    else {
      const { code, message: text, detail } = message.error;
      call.reject(new InspectorError(code, text, detail === undefined ? {} : { detail }));
    }
  }
}

/**
 * One handler a method; `progress` reports to the caller while the handler runs, `signal` tells when
 * the caller no longer wants the answer. A handler that heeds it throws `cancelled`.
 */
export type Handlers<T> = {
  [M in keyof T]: (
    params: Params<T, M>,
    progress: (value: unknown) => void,
    signal: Cancellation,
  ) => Promise<Result<T, M>>;
};

/**
 * Turns untrusted parameters into typed ones or throws; the end that serves a less trusted one
 * gives such a check for each method.
 */
export type Checks<T> = { [M in keyof T]: (params: unknown) => Params<T, M> };

/**
 * Serves `handlers` on `port`; returns the function that stops serving. A handler that throws
 * answers with an error report, an unknown method or bad parameters too: no caller waits for ever.
 */
export function serve<T extends Api<T>>(
  port: Port,
  handlers: Handlers<T>,
  options: { checks?: Checks<T>; onError?: (method: string, error: ErrorReport) => void } = {},
): () => void {
  const { checks, onError } = options;
  const underWay = new Map<number, Cancellable>();
  const answer = async (id: number, method: string, params: unknown): Promise<void> => {
    try {
      if (!Object.hasOwn(handlers, method)) {
        throw new InspectorError('internal', `No method is called “${method}”.`);
      }
      const name = method as keyof T;
      const checked = checks ? checks[name](params) : (params as Params<T, typeof name>);
      const progress = (value: unknown) =>
        port.post({ kind: 'progress', id, value } satisfies Message);
      const cancellation = new Cancellable();
      underWay.set(id, cancellation);
      const value = await handlers[name](checked, progress, cancellation);
      port.post({ kind: 'result', id, value } satisfies Message);
    } catch (thrown) {
      const error = toErrorReport(thrown);
      onError?.(method, error);
      port.post({ kind: 'error', id, error } satisfies Message);
    } finally {
      underWay.delete(id);
    }
  };
  return port.listen(message => {
    if (!isMessage(message)) return;
    if (message.kind === 'cancel') underWay.get(message.id)?.cancel();
    if (message.kind !== 'request') return;
    if (typeof message.id !== 'number' || typeof message.method !== 'string') return;
    void answer(message.id, message.method, message.params);
  });
}

/** Sends a one-way event; `Events` maps event names to their values. */
export function emit<Events, N extends keyof Events & string>(
  port: Port,
  name: N,
  value: Events[N],
): void {
  port.post({ kind: 'event', name, value } satisfies Message);
}

/** Listens to one-way events; returns the function that stops listening. */
export function onEvents<Events>(
  port: Port,
  listeners: { [N in keyof Events]: (value: Events[N]) => void },
): () => void {
  return port.listen(message => {
    if (!isMessage(message) || message.kind !== 'event') return;
    if (!Object.hasOwn(listeners, message.name)) return;
    const name = message.name as keyof Events;
    listeners[name](message.value as Events[typeof name]);
  });
}
