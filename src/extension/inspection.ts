import type { CaptureSummary, InspectProgress } from '../protocol/capture';
import { InspectorError, toErrorReport } from '../protocol/errors';
import type { InspectParams, InspectorApi } from '../protocol/inspector';
import type { RunState } from '../protocol/panel';
import type { Params, Result } from '../protocol/rpc';
import type { InspectorClient } from './inspectorClient';
import type { FoundModel } from './modelPaths';
import { remediesFor } from './remedies';

/** Methods that read a part of a capture. */
export type SliceMethod =
  | 'overview'
  | 'map'
  | 'row'
  | 'pair'
  | 'headFacts'
  | 'computation'
  | 'shares'
  | 'predictions'
  | 'tilePlan'
  | 'vectors'
  | 'rowStatistics'
  | 'tile';

/** What an inspection asks of its surroundings. */
export interface InspectionContext {
  readonly client: Pick<InspectorClient, 'call' | 'cancel' | 'release'>;
  /** The model to run. @throws InspectorError where the setting names none. */
  model(): Promise<FoundModel>;
  /** The settings that a run follows. */
  limits(): Pick<InspectParams, 'maximumTokens' | 'memoryBudget'>;
  /** The editor's text is no longer the one that was run. */
  isStale(): boolean;
  changed(state: RunState): void;
  log(message: string): void;
}

/**
 * The one inspection of a window: holds the text, its state and its capture's handle. Starting a run
 * ends the one before; a capture that the inspector process lost is made again when it is asked for.
 */
export class Inspection {
  private present: RunState = { kind: 'empty' };
  private text: string | undefined;
  /** Counts runs, so that what an overtaken one still reports is dropped. */
  private turn = 0;
  private lastCapture: string | undefined;

  constructor(private readonly context: InspectionContext) {}

  get state(): RunState {
    return this.present;
  }

  /** The capture on show, if there is one. */
  get capture(): CaptureSummary | undefined {
    return this.present.kind === 'ready' ? this.present.capture : undefined;
  }

  /** Runs `text`; the outcome, good or bad, is a state. Resolves when there is one. */
  async run(text: string): Promise<void> {
    this.stopRun();
    this.text = text;
    const turn = ++this.turn;
    const report = (progress: InspectProgress) => {
      if (turn === this.turn) this.become({ kind: 'running', progress });
    };
    report({ stage: 'loading', label: 'Opening the model' });
    try {
      const model = await this.context.model();
      if (turn !== this.turn) return;
      const params = { model: model.path, text, ...this.context.limits() };
      const capture = await this.context.client.call('inspect', params, {
        onProgress: progress => report(progress as InspectProgress),
      });
      if (turn === this.turn) this.show(capture);
    } catch (error) {
      if (turn === this.turn) this.fail(error);
    }
  }

  /** Runs the same text again, with the model that is set now. */
  async runAgain(): Promise<void> {
    if (this.text !== undefined) await this.run(this.text);
  }

  /** Ends the run that is under way, if there is one. */
  cancel(): void {
    if (this.present.kind !== 'running') return;
    this.stopRun();
    this.fail(new InspectorError('cancelled', 'The run was cancelled.'));
  }

  /** Shows why a text is not run, and forgets the one before. */
  refuse(thrown: unknown): void {
    this.stopRun();
    this.text = undefined;
    this.fail(thrown);
  }

  /** Ends the run and frees the capture: nobody looks any more. */
  close(): void {
    this.stopRun();
    this.text = undefined;
    this.forgetCapture();
    this.become({ kind: 'empty' });
  }

  /** Compares the editor's text with the one that was run again, after an edit. */
  checkStale(): void {
    if (this.present.kind !== 'ready') return;
    const stale = this.context.isStale();
    if (stale !== this.present.stale) this.become({ ...this.present, stale });
  }

  /** Reads a part of a capture. @throws InspectorError `capture-missing` where it is lost. */
  async slice<M extends SliceMethod>(
    method: M,
    params: Params<InspectorApi, M> & { readonly capture: string },
  ): Promise<Result<InspectorApi, M>> {
    try {
      return await this.context.client.call(method, params);
    } catch (error) {
      const lost = error instanceof InspectorError && error.code === 'capture-missing';
      if (lost && params.capture === this.capture?.id) void this.runAgain();
      throw error;
    }
  }

  private stopRun(): void {
    this.turn++;
    if (this.present.kind === 'running') this.context.client.cancel();
  }

  private show(capture: CaptureSummary): void {
    this.forgetCapture();
    this.lastCapture = capture.id;
    this.become({ kind: 'ready', capture, stale: this.context.isStale() });
  }

  private forgetCapture(): void {
    if (this.lastCapture !== undefined) this.context.client.release(this.lastCapture);
    this.lastCapture = undefined;
  }

  private fail(thrown: unknown): void {
    const error = toErrorReport(thrown);
    if (error.code !== 'cancelled') {
      this.context.log(`${error.code}: ${error.message}${error.detail ? `\n${error.detail}` : ''}`);
    }
    this.become({ kind: 'failed', error, remedies: remediesFor(error.code) });
  }

  private become(state: RunState): void {
    this.present = state;
    this.context.changed(state);
  }
}
