import { InspectorError, toErrorReport } from '../../../protocol/errors';
import type { AnswerLoader } from '../../app/answerLoader';
import { addressOf } from '../../app/answers';
import type { State } from '../../app/state';
import type { Store } from '../../app/store';
import { sweepQuestion } from './sweeps';

/** Runs the sweep that is chosen when people ask; one that is not looked at any more ends. */
export class SweepRunner {
  private running: AbortController | null = null;

  constructor(
    private readonly answers: AnswerLoader<State>,
    private readonly store: Store<State>,
  ) {
    store.select(
      state => {
        const asked = sweepQuestion(state);
        return [asked && addressOf(asked)];
      },
      () => this.cancel(),
    );
  }

  async run(): Promise<void> {
    const asked = sweepQuestion(this.store.state);
    if (!asked) return;
    this.cancel();
    const abort = new AbortController();
    this.running = abort;
    this.answers.retry(asked);
    this.report(0);
    try {
      await this.answers.ask(asked, {
        signal: abort.signal,
        onProgress: done => {
          if (this.running === abort && typeof done === 'number') this.report(done);
        },
      });
    } catch (error) {
      const isCancelled = error instanceof InspectorError && error.code === 'cancelled';
      if (!abort.signal.aborted && !isCancelled) this.answers.refuse(asked, toErrorReport(error));
    }
    if (this.running === abort) this.stop();
  }

  cancel(): void {
    this.running?.abort();
    this.stop();
  }

  private stop(): void {
    this.running = null;
    const { layers } = this.store.state;
    const { sweep, ...tasks } = layers.tasks;
    if (sweep) this.store.set({ layers: { ...layers, tasks } });
  }

  private report(done: number): void {
    const { layers } = this.store.state;
    const sweep = { label: `${Math.round(100 * done)} % of the runs`, done };
    this.store.set({ layers: { ...layers, tasks: { ...layers.tasks, sweep } } });
  }
}
