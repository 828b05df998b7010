import { InspectorError, toErrorReport } from '../../protocol/errors';
import type { Lens, LensProgress } from '../../protocol/layers';
import type { PanelApi } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import { outputToken } from '../masking/wanted';
import type { State } from '../state';
import type { Store } from '../store';
import { CHUNK } from './facts';
import type { Lenses } from './state';
import { LAYERS_VIEW, lensKind, outputTokens } from './wanted';

/** Predictions of each cell that are asked for: 5 are listed, the others tell how these moved. */
const BEST = 10;
/** Runs and kinds whose predictions are kept, for coming back to them. */
const KEPT = 4;

/** Makes predictions by layer: what is in sight by itself, long masked texts when people ask. */
export class LensRunner {
  private readonly known = new Map<string, Lenses>();
  private running: AbortController | null = null;
  /** Runs whose every token people asked for. */
  private readonly wanted = new Set<string>();

  constructor(
    private readonly api: Caller<PanelApi>,
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
    this.show({ ...lenses, isStopped: false, error: null });
    this.follow();
  }

  /** Stops; what was made stays. */
  cancel(): void {
    const { lenses } = this.store.state.layers;
    if (lenses) this.show({ ...lenses, isStopped: true });
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
      this.show(this.known.get(at) ?? { at, chunks: new Map(), error: null, isStopped: false });
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
    const { capture } = state;
    if (!capture) return false;
    const kind = lensKind(state);
    const count = Math.min(CHUNK, outputTokens(capture).length - from);
    const params = { capture: capture.id, kind, from, count, best: BEST };
    this.report({ done: 0, of: count });
    try {
      const lens = await this.api.call('lens', params, {
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
        this.show({
          ...lenses,
          isStopped: true,
          error: isCancelled ? null : toErrorReport(error),
        });
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
    const before = lenses?.at === at ? lenses : this.known.get(at);
    if (!before) return;
    const after = { ...before, chunks: new Map([...before.chunks, [lens.from, lens]]) };
    if (lenses?.at === at) this.show(after);
    else this.known.set(at, after);
  }

  private show(lenses: Lenses): void {
    this.known.delete(lenses.at);
    this.known.set(lenses.at, lenses);
    const oldest = this.known.keys().next();
    if (this.known.size > KEPT && !oldest.done) this.known.delete(oldest.value);
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

/** Which run and which kind the predictions are of. */
const addressOf = (state: State): string | null =>
  state.capture && state.locus ? `${state.capture.id} ${lensKind(state)}` : null;

/** Whether predictions are made without a word: a run for each token of a long text takes its time. */
export function runsByItself(state: State): boolean {
  const { capture } = state;
  if (!capture) return false;
  return lensKind(state) === 'logitLens' || outputTokens(capture).length <= CHUNK;
}
