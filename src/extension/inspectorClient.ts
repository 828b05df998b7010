import { fork, type ChildProcess } from 'node:child_process';
import os from 'node:os';
import { createInterface } from 'node:readline';
import { InspectorError } from '../protocol/errors';
import type { InspectorApi } from '../protocol/inspector';
import { unpackingPort } from '../protocol/packedTokens';
import { Caller, type CallOptions, type Params, type Port, type Result } from '../protocol/rpc';
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
}

interface Running {
  readonly child: ChildProcess;
  readonly caller: Caller<InspectorApi>;
}

const IDLE_LIMIT = 15 * 60_000;
const LAST_WORDS = 4000;

/**
 * Supervises the inspector process: starts it with the first call, and again with the first call
 * after it ended for whatever reason. Every call ends in a result or an error.
 */
export class InspectorClient {
  private running: Running | undefined;
  private openCalls = 0;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ClientOptions) {}

  /** Calls a method of the inspector. @throws InspectorError, `crashed` when the process ended. */
  async call<M extends keyof InspectorApi>(
    method: M,
    params: Params<InspectorApi, M>,
    options: CallOptions = {},
  ): Promise<Result<InspectorApi, M>> {
    this.running ??= this.start();
    clearTimeout(this.idleTimer);
    this.openCalls++;
    try {
      return await this.running.caller.call(method, params, options);
    } finally {
      this.openCalls--;
      if (this.openCalls === 0) this.rest();
    }
  }

  /** Frees a capture's memory, where the process that holds it still runs. */
  release(capture: string): void {
    if (this.running) this.call('release', { capture }).catch(() => undefined);
  }

  /** Ends the process at once; every open call ends with the error `cancelled`. */
  cancel(): void {
    this.end(new InspectorError('cancelled', 'The run was cancelled.'));
  }

  dispose(): void {
    clearTimeout(this.idleTimer);
    this.cancel();
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
