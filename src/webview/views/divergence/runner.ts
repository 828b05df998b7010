import { InspectorError, toErrorReport, type ErrorReport } from '../../../protocol/errors';
import type { AnswerLoader } from '../../app/answerLoader';
import { answerTo } from '../../app/answers';
import type { DivergenceRun } from '../../app/choices/divergence';
import type { State } from '../../app/state';
import type { Store } from '../../app/store';
import { divergenceAddress, divergenceQuestion, isOpen } from './pair';

/** Finds where two models part while the view is open; once for two runs. */
export class DivergenceRunner {
  private running: AbortController | null = null;
  /** Runs whose comparison ended before it was whole, with the reason where there is one. */
  private readonly ended = new Map<string, ErrorReport | null>();

  constructor(
    private readonly answers: AnswerLoader<State>,
    private readonly store: Store<State>,
  ) {
    store.select(
      state => [isOpen(state), divergenceAddress(state)],
      () => this.follow(),
    );
  }

  /** Compares again after it was cancelled or failed. */
  again(): void {
    const at = divergenceAddress(this.store.state);
    if (at === null) return;
    this.ended.delete(at);
    this.show(null);
    this.follow();
  }

  cancel(): void {
    const { run } = this.store.state.divergence;
    if (!run || !this.running) return;
    this.end(run, null);
    this.stop();
  }

  private follow(): void {
    const { state } = this.store;
    const at = divergenceAddress(state);
    if (!isOpen(state) || at === null) {
      this.stop();
      return;
    }
    if (state.divergence.run?.at !== at) {
      this.stop();
      const report = answerTo(state, divergenceQuestion(state) ?? undefined) ?? null;
      const error = this.ended.get(at) ?? null;
      this.show({ at, report, error, isStopped: this.ended.has(at), done: report ? 1 : 0 });
    }
    const { run } = this.store.state.divergence;
    if (run && !run.report && !run.isStopped && !this.running) void this.compare(at);
  }

  private async compare(at: string): Promise<void> {
    const asked = divergenceQuestion(this.store.state);
    if (!asked) return;
    const abort = new AbortController();
    this.running = abort;
    this.tell(true);
    const own = (): DivergenceRun | null => {
      const { run } = this.store.state.divergence;
      return this.running === abort && run?.at === at ? run : null;
    };
    try {
      const report = await this.answers.ask(asked, {
        signal: abort.signal,
        onProgress: value => {
          const run = own();
          if (run) this.show({ ...run, done: value as number });
        },
      });
      const run = own();
      if (run) this.show({ ...run, report, done: 1 });
    } catch (error) {
      const run = own();
      const isCancelled = error instanceof InspectorError && error.code === 'cancelled';
      if (run) this.end(run, isCancelled ? null : toErrorReport(error));
    }
    if (this.running !== abort) return;
    this.running = null;
    this.tell(false);
  }

  private end(run: DivergenceRun, error: ErrorReport | null): void {
    this.ended.set(run.at, error);
    this.show({ ...run, isStopped: true, error });
  }

  private show(run: DivergenceRun | null): void {
    this.store.set({ divergence: { ...this.store.state.divergence, run } });
  }

  private stop(): void {
    this.running?.abort();
    this.running = null;
    this.tell(false);
  }

  private tell(isRunning: boolean): void {
    const { divergence } = this.store.state;
    if (divergence.isRunning !== isRunning) {
      this.store.set({ divergence: { ...divergence, isRunning } });
    }
  }
}
