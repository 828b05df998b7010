import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { InspectorError } from '../../protocol/errors';
import * as ort from './ort';
import type { OpenSession, Runtime, RuntimeTensors, ThreadOptions } from './session';

/** A tensor on its way from one thread to another. */
export interface Passed {
  readonly name: string;
  readonly type: ort.Tensor.Type;
  readonly data: ort.Tensor.DataType;
  readonly dims: readonly number[];
}

/** What the thread is asked; the id of the one that opens a session is the session's. */
export type Request =
  | {
      readonly kind: 'open';
      readonly id: number;
      readonly model: Uint8Array;
      readonly folder: string;
      readonly options: ThreadOptions;
    }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly session: number;
      readonly feeds: readonly Passed[];
      readonly fetches: readonly string[];
    }
  | { readonly kind: 'release'; readonly id: number; readonly session: number };

/** What it answers: the outputs of a run, or what the runtime says is wrong. */
export interface Answer {
  readonly id: number;
  readonly value: readonly Passed[] | undefined;
  readonly error?: string;
}

type Asked = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

/** Milliseconds that a call which nobody waits for is given to end. */
const GRACE = 250;

/** What the two threads share. */
export interface Shared {
  /** One number: other than 0 once the thread is to go. */
  readonly isLeft: Int32Array;
}

/** Threads whose call is not over: ending the process beside one would end in the middle of the runtime. */
const inCall = new Set<object>();
process.on('exit', () => {
  if (inCall.size > 0) process.kill(process.pid, 'SIGKILL');
});

/** What was under way in a thread that was left: to be begun again by those who still want it. */
export class LeftError extends InspectorError {
  constructor() {
    super('cancelled', 'The run was cancelled.');
  }
}

/**
 * The runtime in a thread of its own, so that this one reads and answers while a model runs. The runtime
 * cannot be interrupted: where nobody waits for its call any more, the thread is left to end by itself
 * and the next session is opened in a new one.
 */
export class RuntimeThread implements Runtime {
  private thread: Thread | undefined = this.started();

  /** @param left is told that all sessions opened before are gone */
  constructor(private readonly left: () => void) {}

  open(model: Uint8Array, folder: string, options: ThreadOptions): Promise<OpenSession> {
    this.thread ??= this.started();
    return this.thread.open(model, folder, options);
  }

  /** Nobody waits any more for what is under way: resolves once the next call finds a free thread. */
  async leave(): Promise<void> {
    const { thread } = this;
    if (thread && !(await thread.rests(GRACE))) thread.end();
  }

  private started(): Thread {
    const thread = new Thread(() => {
      if (this.thread !== thread) return;
      this.thread = undefined;
      this.left();
    });
    return thread;
  }
}

class Thread {
  private readonly worker: Worker;
  private readonly pending = new Map<
    number,
    { resolve(value: Answer['value']): void; reject(error: Error): void }
  >();
  private readonly resting = new Set<() => void>();
  private readonly shared: Shared = { isLeft: new Int32Array(new SharedArrayBuffer(4)) };
  private lastId = 0;
  private gone: Error | undefined;

  /** @param ended is told once that it does nothing any more */
  constructor(private readonly ended: () => void) {
    // Beside this file, both in the bundle and as source.
    const script = join(import.meta.dirname, `runtimeWorker${extname(import.meta.filename)}`);
    this.worker = new Worker(script, { workerData: this.shared });
    this.worker.unref();
    this.worker.on('message', (answer: Answer) => this.receive(answer));
    this.worker.on('error', (error: Error) => this.fail(error));
    this.worker.on('exit', () => inCall.delete(this));
  }

  async open(model: Uint8Array, folder: string, options: ThreadOptions): Promise<OpenSession> {
    const session = this.lastId + 1;
    await this.ask({ kind: 'open', model, folder, options });
    return {
      run: async (feeds, fetches) => {
        const passed = Object.entries(feeds).map(([name, { type, data, dims }]): Passed => ({
          name,
          type,
          // Whoever feeds it keeps it; of a part of a buffer the part alone travels.
          data: data.slice(),
          dims,
        }));
        const got = await this.ask({ kind: 'run', session, feeds: passed, fetches });
        return tensorsOf(got ?? []);
      },
      release: async () => {
        if (!this.gone) await this.ask({ kind: 'release', session });
      },
    };
  }

  /** Whether nothing is under way, now or within some milliseconds. */
  async rests(milliseconds: number): Promise<boolean> {
    if (this.pending.size === 0) return true;
    return new Promise(resolve => {
      const timer = setTimeout(() => {
        this.resting.delete(rested);
        resolve(false);
      }, milliseconds);
      const rested = () => {
        clearTimeout(timer);
        resolve(true);
      };
      this.resting.add(rested);
    });
  }

  /**
   * Ends everything that is asked; the thread itself goes, with its sessions, after its present call.
   * Terminated within it, the runtime would take the process along.
   */
  end(): void {
    Atomics.store(this.shared.isLeft, 0, 1);
    this.worker.postMessage(undefined);
    this.fail(new LeftError());
  }

  private ask(request: Asked): Promise<Answer['value']> {
    if (this.gone) return Promise.reject(this.gone);
    const id = ++this.lastId;
    this.worker.ref();
    inCall.add(this);
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.worker.postMessage({ ...request, id });
    });
  }

  private receive({ id, value, error }: Answer): void {
    const call = this.pending.get(id);
    this.pending.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(new Error(error));
    this.rest();
  }

  private fail(error: Error): void {
    if (this.gone) return;
    this.gone = error;
    this.ended();
    const calls = [...this.pending.values()];
    this.pending.clear();
    for (const call of calls) call.reject(error);
    this.rest();
  }

  private rest(): void {
    if (this.pending.size > 0) return;
    this.worker.unref();
    if (!this.gone) inCall.delete(this);
    for (const rested of this.resting) rested();
    this.resting.clear();
  }
}

function tensorsOf(passed: readonly Passed[]): RuntimeTensors {
  return Object.fromEntries(
    passed.map(({ name, type, data, dims }) => [name, new ort.Tensor(type, data, dims)]),
  );
}
