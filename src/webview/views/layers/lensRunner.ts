import { InspectorError, toErrorReport, type ErrorReport } from '../../../protocol/errors';
import type { Lens, LensProgress } from '../../../protocol/layers';
import type { AnswerLoader } from '../../app/answerLoader';
import { answerTo, question } from '../../app/answers';
import { outputToken } from '../../app/output';
import type { State } from '../../app/state';
import type { Store } from '../../app/store';
import { CHUNK } from './facts';
import type { Lenses } from '../../app/choices/layers';
import { LAYERS_VIEW, lensKind, outputTokens } from './wanted';

/** Predictions of each cell that are asked for: 5 are listed, the others tell how these moved. */
const BEST = 10;

/** Makes predictions by layer: what is in sight by itself, long masked texts when people ask. */
export class LensRunner {
  /** Runs and kinds of which no more is made until people ask, with the reason where there is one. */
  private readonly ended = new Map<string, ErrorReport | null>();
  private running: AbortController | null = null;
  /** Runs whose every token people asked for. */
  private readonly wanted = new Set<string>();

  constructor(
    private readonly answers: AnswerLoader<State>,
    private readonly store: Store<State>,
  ) {
    store.select(
      state => [
        state.capture,
        state.locus,
        state.options.view,
        state.options.layers.lens,
        state.layers.sight,
      ],
      () => this.follow(),
    );
  }

  /** Makes the predictions of every token, also again after a cancelled or failed attempt. */
  runAll(): void {
    const { lenses } = this.store.state.layers;
    if (!lenses) return;
    this.wanted.add(lenses.at);
    this.ended.delete(lenses.at);
    this.show({ ...lenses, isStopped: false, error: null });
    this.follow();
  }

  /** Stops; what was made stays. */
  cancel(): void {
    const { lenses } = this.store.state.layers;
    if (lenses) this.end(lenses, null);
    this.stop();
  }

  private follow(): void {
    const { state } = this.store;
    const at = addressOf(state);
    if (state.options.view !== LAYERS_VIEW || at === null) {
      this.stop();
      return;
    }
    if (state.layers.lenses?.at !== at) {
      this.stop();
      const error = this.ended.get(at) ?? null;
      this.show({ at, chunks: knownChunks(state), error, isStopped: this.ended.has(at) });
    }
    if (!this.running) void this.run();
  }

  /** Makes one chunk after the other, always the one that is wanted most by then. */
  private async run(): Promise<void> {
    for (let from = this.nextChunk(); from !== null; from = this.nextChunk()) {
      const { lenses } = this.store.state.layers;
      if (!lenses) return;
      const abort = new AbortController();
      this.running = abort;
      const ended = await this.make(lenses.at, from, abort);
      if (this.running !== abort) return;
      this.running = null;
      this.report(null);
      if (!ended) return;
    }
  }

  /** @returns whether there is more to do */
  private async make(at: string, from: number, abort: AbortController): Promise<boolean> {
    const { state } = this.store;
    const asked = chunkAt(state, from);
    if (!asked) return false;
    this.report({ done: 0, of: asked.count });
    try {
      const lens = await this.answers.ask(asked.question, {
        signal: abort.signal,
        onProgress: value => {
          if (this.running === abort) this.report(value as LensProgress);
        },
      });
      this.keep(at, lens);
      return true;
    } catch (error) {
      const { lenses } = this.store.state.layers;
      const isCancelled = error instanceof InspectorError && error.code === 'cancelled';
      if (!abort.signal.aborted && lenses?.at === at) {
        this.end(lenses, isCancelled ? null : toErrorReport(error));
      }
      return false;
    }
  }

  /** The first chunk that is wanted and not there; null where there is none. */
  private nextChunk(): number | null {
    const { state } = this.store;
    const { capture, layers, options } = state;
    const { lenses, sight } = layers;
    if (!capture || !lenses || lenses.isStopped || options.view !== LAYERS_VIEW) return null;
    const tokens = outputTokens(capture).length;
    const isAsked = this.wanted.has(lenses.at);
    if (!runsByItself(state) && !isAsked) return null;
    const near = [outputToken(state) ?? 0, sight.first, sight.last];
    const all = isAsked
      ? Array.from({ length: Math.ceil(tokens / CHUNK) }, (_, i) => i * CHUNK)
      : [];
    const starts = near.map(token => Math.floor(Math.min(token, tokens - 1) / CHUNK) * CHUNK);
    return [...starts, ...all].find(start => start >= 0 && !lenses.chunks.has(start)) ?? null;
  }

  private keep(at: string, lens: Lens): void {
    const { lenses } = this.store.state.layers;
    if (lenses?.at !== at) return;
    this.show({ ...lenses, chunks: new Map([...lenses.chunks, [lens.from, lens]]) });
  }

  /** Stops making them until people ask, with the reason where there is one. */
  private end(lenses: Lenses, error: ErrorReport | null): void {
    this.ended.set(lenses.at, error);
    this.show({ ...lenses, isStopped: true, error });
  }

  private show(lenses: Lenses): void {
    this.store.set({ layers: { ...this.store.state.layers, lenses } });
  }

  private stop(): void {
    this.running?.abort();
    this.running = null;
    this.report(null);
  }

  /** Shows how far the predictions have come; null while none are made. */
  private report(progress: LensProgress | null): void {
    const { capture, layers } = this.store.state;
    const { lens, ...others } = layers.tasks;
    if (!progress && !lens) return;
    const made = [...(layers.lenses?.chunks.values() ?? [])];
    const before = made.reduce((sum, { count }) => sum + count, 0);
    const all = capture ? outputTokens(capture).length : 1;
    const isWhole = layers.lenses !== null && this.wanted.has(layers.lenses.at);
    const [done, of] = progress
      ? isWhole && all > CHUNK
        ? [before + progress.done, all]
        : [progress.done, progress.of]
      : [0, 1];
    const task = { label: `${done} of ${of} tokens`, done: of > 0 ? done / of : 1 };
    this.store.set({
      layers: { ...layers, tasks: progress ? { ...others, lens: task } : others },
    });
  }
}

/** The question for the predictions of the tokens from `from` on; null without a run. */
function chunkAt(state: State, from: number) {
  const { capture } = state;
  if (!capture) return null;
  const count = Math.min(CHUNK, outputTokens(capture).length - from);
  const params = { capture: capture.id, kind: lensKind(state), from, count, best: BEST };
  return { count, question: question('lens', params) };
}

/** The predictions of the run and kind on show that were made before. */
function knownChunks(state: State): ReadonlyMap<number, Lens> {
  const tokens = state.capture ? outputTokens(state.capture).length : 0;
  const chunks = new Map<number, Lens>();
  for (let from = 0; from < tokens; from += CHUNK) {
    const lens = answerTo(state, chunkAt(state, from)?.question);
    if (lens) chunks.set(from, lens);
  }
  return chunks;
}

/** Which run and which kind the predictions are of. */
const addressOf = (state: State): string | null =>
  state.capture && state.locus ? `${state.capture.id} ${lensKind(state)}` : null;

/** Whether predictions are made without a word: a run for each token of a long text takes its time. */
export function runsByItself(state: State): boolean {
  const { capture } = state;
  if (!capture) return false;
  return lensKind(state) === 'logitLens' || outputTokens(capture).length <= CHUNK;
}
