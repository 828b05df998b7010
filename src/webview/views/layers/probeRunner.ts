import { InspectorError, toErrorReport } from '../../../protocol/errors';
import type { PanelApi } from '../../../protocol/panel';
import type { ProbeProgress } from '../../../protocol/probes';
import type { Caller } from '../../../protocol/rpc';
import type { AnswerLoader } from '../../app/answerLoader';
import type { State } from '../../app/state';
import type { Store } from '../../app/store';
import type { LayersOptions, Task } from '../../app/choices/layers';

type Name = 'probes' | 'syntax';
const METHODS = { probes: 'fitProbes', syntax: 'syntax' } as const;
/** What is made of a corpus. */
const OF_CORPUS = ['probes', 'probeLabels', 'syntax'] as const;

/** Fits probes and measures heads on a corpus when people ask: both take a while. */
export class ProbeRunner {
  private readonly running = new Map<Name, AbortController>();

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
    private readonly answers: AnswerLoader<State>,
  ) {}

  /** Fits probes with the bundled treebank, or with a file that people are asked for first. */
  async fit(corpus: LayersOptions['corpus']): Promise<void> {
    const { corpus: before } = this.store.state.options.layers;
    if (corpus === 'chosen' && !(await this.choose())) return;
    if (corpus === 'bundled') this.set({ corpus });
    if ((await this.run('probes')) === 'cancelled') this.set({ corpus: before });
  }

  /** Fits once more with the corpus on show. */
  async fitAgain(): Promise<void> {
    await this.run('probes');
  }

  /** Measures every head against the dependencies of the corpus on show. */
  async measureHeads(): Promise<void> {
    await this.run('syntax');
  }

  cancel(name: Name): void {
    this.running.get(name)?.abort();
    this.end(name);
  }

  /** @returns whether a file was chosen */
  private async choose(): Promise<boolean> {
    try {
      const file = await this.api.call('chooseCorpus', {});
      if (!file) return false;
      this.cancel('syntax');
      this.answers.forget(...OF_CORPUS);
      this.set({ corpus: 'chosen', corpusName: file.name });
      return true;
    } catch (error) {
      this.store.set({ wishError: toErrorReport(error) });
      return false;
    }
  }

  private async run(name: Name): Promise<'ended' | 'cancelled'> {
    const { capture, options } = this.store.state;
    if (!capture || this.running.has(name)) return 'ended';
    const params = { capture: capture.id, corpus: options.layers.corpus };
    const question = { method: name, params } as const;
    const abort = new AbortController();
    this.running.set(name, abort);
    this.answers.retry(question);
    this.report(name, { label: 'Starting', done: 0 });
    let outcome: 'ended' | 'cancelled' = 'ended';
    try {
      const value = await this.api.call(METHODS[name], params, {
        signal: abort.signal,
        onProgress: progress => {
          if (this.running.get(name) === abort) this.report(name, progress as ProbeProgress);
        },
      });
      this.answers.keep(question, value);
      if (name === 'probes') this.answers.forget('probeLabels');
    } catch (error) {
      const isCancelled = error instanceof InspectorError && error.code === 'cancelled';
      if (isCancelled || abort.signal.aborted) outcome = 'cancelled';
      else this.answers.refuse(question, toErrorReport(error));
    }
    if (this.running.get(name) === abort) this.end(name);
    return outcome;
  }

  private end(name: Name): void {
    this.running.delete(name);
    this.report(name, null);
  }

  private report(name: Name, task: Task | null): void {
    const { layers } = this.store.state;
    const others = Object.fromEntries(Object.entries(layers.tasks).filter(([one]) => one !== name));
    this.store.set({ layers: { ...layers, tasks: task ? { ...others, [name]: task } : others } });
  }

  private set(change: Partial<LayersOptions>): void {
    const { options } = this.store.state;
    this.store.set({ options: { ...options, layers: { ...options.layers, ...change } } });
  }
}
