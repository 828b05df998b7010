import type { CaptureSummary, InspectProgress } from '../../protocol/capture';
import { InspectorError, toErrorReport } from '../../protocol/errors';
import type { RunState } from '../../protocol/panel';
import type { CallOptions } from '../../protocol/rpc';
import type { InspectorClient } from './inspectorClient';
import { remediesFor } from './remedies';

/** What a run asks of its surroundings. */
export interface RunContext {
  readonly client: Pick<InspectorClient, 'call' | 'release'>;
  /** Is told of every new state, unless nobody wants to know any more. */
  changed(run: Run): void;
  log(message: string): void;
}

/** What the making of a run is given: options of its calls, and whether it is still wanted. */
export interface Making extends Required<CallOptions> {
  readonly isWanted: () => boolean;
}

/** Finds a capture; undefined where the run is not wanted any more before it began. */
export type Make = (making: Making) => Promise<CaptureSummary | undefined>;

/**
 * One run, whoever looks at it: under way, then with a capture or a failure. Cancelling it loses nothing
 * but the run: captures, reads and long work in the inspector go on.
 */
export class Run {
  /** Resolves, whatever happened, once nothing is under way for it. */
  readonly ended: Promise<void>;
  private present: RunState;
  private isLeft = false;
  private readonly ending = new AbortController();

  constructor(
    first: InspectProgress,
    private readonly context: RunContext,
    make: Make,
  ) {
    this.present = { kind: 'running', progress: first };
    this.ended = this.make(make);
  }

  /** Running, ready or failed. */
  get state(): RunState {
    return this.present;
  }

  get isRunning(): boolean {
    return this.present.kind === 'running';
  }

  /** Somebody ended it; a run that went down with the process was not cancelled. */
  get isCancelled(): boolean {
    return this.ending.signal.aborted;
  }

  get capture(): CaptureSummary | undefined {
    return this.present.kind === 'ready' ? this.present.capture : undefined;
  }

  /** Ends it, if it is under way. */
  cancel(): void {
    if (!this.isRunning) return;
    this.ending.abort();
    this.fail(new InspectorError('cancelled', 'The run was cancelled.'));
  }

  /** Nobody looks any more: its capture is freed, now or when it comes. */
  leave(): void {
    this.isLeft = true;
    if (this.capture) this.context.client.release(this.capture.id);
  }

  private async make(make: Make): Promise<void> {
    // The one who asks for it has it before the first news.
    await Promise.resolve();
    const { signal } = this.ending;
    try {
      const capture = await make({
        signal,
        isWanted: () => !this.isLeft && !signal.aborted,
        onProgress: progress => {
          if (this.isRunning)
            this.become({ kind: 'running', progress: progress as InspectProgress });
        },
      });
      if (!capture) return;
      if (this.isRunning && !this.isLeft) this.become({ kind: 'ready', capture, stale: false });
      else this.context.client.release(capture.id);
    } catch (error) {
      if (this.isRunning) this.fail(error);
    }
  }

  private fail(thrown: unknown): void {
    const error = toErrorReport(thrown);
    if (error.code !== 'cancelled' && !this.isLeft) this.context.log(logged(error));
    this.become({ kind: 'failed', error, remedies: remediesFor(error.code) });
  }

  private become(state: RunState): void {
    this.present = state;
    if (!this.isLeft) this.context.changed(this);
  }
}

/** A failure as the log has it. */
export const logged = ({ code, message, detail }: ReturnType<typeof toErrorReport>): string =>
  `${code}: ${message}${detail ? `\n${detail}` : ''}`;
