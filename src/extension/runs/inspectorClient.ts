import { fork, type ChildProcess } from 'node:child_process';
import os from 'node:os';
import { createInterface } from 'node:readline';
import { InspectorError } from '../../protocol/errors';
import type { InspectorApi } from '../../protocol/inspector';
import { unpackingPort } from '../../protocol/packedTokens';
import { Caller, type CallOptions, type Params, type Port, type Result } from '../../protocol/rpc';
import { explainProcessEnd } from './processEnd';

/** What the client writes to. */
export interface ClientLog {
  info(message: string): void;
  warn(message: string): void;
}

export interface ClientOptions {
  /** The script that serves `InspectorApi` over its process channel. */
  readonly script: string;
  /** Arguments of that script. */
  readonly arguments?: readonly string[];
  readonly log: ClientLog;
  /** Milliseconds without a call after which the process is ended to free its memory. */
  readonly idleLimit?: number;
  /** Milliseconds that it has to answer a call that was cancelled. */
  readonly stuckLimit?: number;
}

interface Running {
  readonly child: ChildProcess;
  readonly caller: Caller<InspectorApi>;
  /** Captures that it holds, as far as they were asked for and not released. */
  readonly captures: Set<string>;
  openCalls: number;
}

const IDLE_LIMIT = 15 * 60_000;
/** Milliseconds after which a process that does not even answer that a call is cancelled is stuck. */
const STUCK_LIMIT = 10_000;
const LAST_WORDS = 4000;

/** A process was ended because it did not answer that a call is cancelled. */
class StuckError extends InspectorError {
  constructor() {
    super('cancelled', 'The run was cancelled.');
  }
}

/**
 * Supervises the inspector process: starts it with the first call, and again with the first call
 * after it ended for whatever reason. Every call ends in a result or an error. A call that is cancelled
 * ends alone, unless there is nothing else in the process: ending that frees memory and processor at once.
 */
export class InspectorClient {
  private running: Running | undefined;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ClientOptions) {}

  /** Calls a method of the inspector. @throws InspectorError, `crashed` when the process ended. */
  async call<M extends keyof InspectorApi>(
    method: M,
    params: Params<InspectorApi, M>,
    options: CallOptions = {},
  ): Promise<Result<InspectorApi, M>> {
    for (;;) {
      try {
        return await this.callOnce(method, params, options);
      } catch (error) {
        // Another call was cancelled, and the process was stuck: this one is still wanted.
        if (!(error instanceof StuckError) || options.signal?.aborted) throw error;
      }
    }
  }

  private async callOnce<M extends keyof InspectorApi>(
    method: M,
    params: Params<InspectorApi, M>,
    options: CallOptions,
  ): Promise<Result<InspectorApi, M>> {
    const running = (this.running ??= this.start());
    clearTimeout(this.idleTimer);
    running.openCalls++;
    let isOpen = true;
    let stuckTimer: NodeJS.Timeout | undefined;
    options.signal?.addEventListener('abort', () => {
      if (isOpen) stuckTimer ??= this.endIfIdle(running);
    });
    try {
      const answer = await running.caller.call(method, params, options);
      if (method === 'inspect' || method === 'openCapture') {
        running.captures.add((answer as Result<InspectorApi, 'inspect'>).id);
      }
      return answer;
    } finally {
      isOpen = false;
      clearTimeout(stuckTimer);
      running.openCalls--;
      if (running.openCalls === 0 && running === this.running) this.rest();
    }
  }

  /** Frees a capture's memory, where the process that holds it still runs. */
  release(capture: string): void {
    this.running?.captures.delete(capture);
    this.running?.caller.call('release', { capture }).catch(() => undefined);
  }

  /** Ends the process at once; every open call ends with the error `cancelled`. */
  cancel(): void {
    this.end(new InspectorError('cancelled', 'The run was cancelled.'));
  }

  dispose(): void {
    clearTimeout(this.idleTimer);
    this.cancel();
  }

  /** Ends a process of which nothing but a cancelled call would be lost; another one has to answer. */
  private endIfIdle(running: Running): NodeJS.Timeout | undefined {
    if (running !== this.running) return undefined;
    if (running.openCalls <= 1 && running.captures.size === 0) {
      this.cancel();
      return undefined;
    }
    return setTimeout(() => {
      if (running !== this.running) return;
      this.options.log.warn('The inspector process does not answer and is ended.');
      this.end(new StuckError());
    }, this.options.stuckLimit ?? STUCK_LIMIT);
  }

  private start(): Running {
    const { script, log } = this.options;
    const child = fork(script, this.options.arguments, {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const running: Running = {
      child,
      caller: new Caller<InspectorApi>(unpackingPort(portOf(child))),
      captures: new Set(),
      openCalls: 0,
    };
    log.info(`Inspector process started (pid ${child.pid ?? 'none'}).`);
    yieldToTheEditor(child);

    let lastWords = '';
    forEachLine(child.stdout, line => log.info(`inspector: ${line}`));
    forEachLine(child.stderr, line => {
      log.warn(`inspector: ${line}`);
      lastWords = `${lastWords}${line}\n`.slice(-LAST_WORDS);
    });
    const ended = (error: InspectorError) => {
      if (this.running !== running) return;
      log.warn(error.detail ?? error.message);
      this.end(error);
    };
    child.once('error', cause =>
      ended(
        new InspectorError(
          'crashed',
          'The inspector process could not be started. See the log for the reason.',
          { cause, detail: cause.message },
        ),
      ),
    );
    child.once('close', (code, signal) => ended(explainProcessEnd({ code, signal, lastWords })));
    return running;
  }

  private end(error: InspectorError): void {
    const running = this.running;
    if (!running) return;
    this.running = undefined;
    running.child.kill('SIGKILL');
    running.caller.fail(error);
    running.caller.dispose();
  }

  private rest(): void {
    this.idleTimer = setTimeout(() => {
      this.options.log.info('Inspector process ended: nothing to do.');
      this.cancel();
    }, this.options.idleLimit ?? IDLE_LIMIT);
    this.idleTimer.unref();
  }
}

/** The process's channel. A message that cannot be sent is lost: the process's end answers its call. */
function portOf(child: ChildProcess): Port {
  return {
    post: message => void child.send(message as object, () => undefined),
    listen: listener => {
      child.on('message', listener);
      return () => void child.off('message', listener);
    },
  };
}

/** Computing gives way to typing where both want the processor. */
function yieldToTheEditor(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    os.setPriority(child.pid, os.constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It ended already, or the system does not allow it: nothing depends on it.
  }
}

function forEachLine(stream: NodeJS.ReadableStream | null, use: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on('line', use);
}
