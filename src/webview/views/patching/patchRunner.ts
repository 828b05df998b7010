import { InspectorError, toErrorReport, type ErrorReport } from '../../../protocol/errors';
import type { PatchMaps, PatchPart, PatchRow } from '../../../protocol/patching';
import type { AnswerLoader } from '../../app/answerLoader';
import { answerTo } from '../../app/answers';
import { rowKey, type PatchRun } from '../../app/choices/patching';
import { openView } from '../../app/presence';
import type { State } from '../../app/state';
import type { Store } from '../../app/store';
import { PATCHING_VIEW, patchingPresence } from './pair';
import { mapSize, partsWanted, patchAddress, patchQuestion } from './wanted';

/** Cells that are patched unasked, at most; of the first maps. */
const BY_ITSELF = 8192;

/** Has the maps computed that are looked at, row by row; more than a few thousand cells when people ask. */
export class PatchRunner {
  private running: AbortController | null = null;
  /** Runs and measures that people asked for although they are long. */
  private readonly wanted = new Set<string>();
  /** Those that ended before they were whole, with the reason where there is one. */
  private readonly ended = new Map<string, ErrorReport | null>();

  constructor(
    private readonly answers: AnswerLoader<State>,
    private readonly store: Store<State>,
  ) {
    store.select(
      state => [isOpen(state), patchAddress(state), state.options.patching.heads],
      () => this.follow(),
    );
  }

  /** Computes what is missing, also after it was cancelled or failed. */
  again(): void {
    const { run } = this.store.state.patching;
    if (!run) return;
    this.wanted.add(run.at);
    this.ended.delete(run.at);
    this.show({ ...run, isStopped: false, error: null });
    this.follow();
  }

  /** Stops; the rows that are there stay. */
  cancel(): void {
    const { run } = this.store.state.patching;
    if (run) this.end(run, null);
    this.stop();
  }

  private follow(): void {
    const { state } = this.store;
    const at = patchAddress(state);
    if (!isOpen(state) || at === null) {
      this.stop();
      return;
    }
    if (state.patching.run?.at !== at) {
      this.stop();
      const isLong = cellsOf(state) > BY_ITSELF && !this.wanted.has(at);
      this.show({
        at,
        ...this.known(),
        error: this.ended.get(at) ?? null,
        isStopped: isLong || this.ended.has(at),
      });
    }
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    for (let parts = this.next(); parts; parts = this.next()) {
      const { run } = this.store.state.patching;
      if (!run) return;
      const abort = new AbortController();
      this.running = abort;
      this.tell(true);
      const isMade = await this.make(run.at, parts, abort);
      if (this.running !== abort) return;
      this.running = null;
      this.tell(false);
      if (!isMade) return;
    }
  }

  /** Parts that are wanted and not there; undefined where there are none. */
  private next(): readonly PatchPart[] | undefined {
    const { state } = this.store;
    const { run } = state.patching;
    if (!isOpen(state) || !run || run.isStopped || run.at !== patchAddress(state)) return undefined;
    return partsWanted(state.options.patching.heads).find(parts =>
      parts.some(part => !run.done.has(part)),
    );
  }

  /** @returns whether there may be more to do */
  private async make(
    at: string,
    parts: readonly PatchPart[],
    abort: AbortController,
  ): Promise<boolean> {
    const asked = patchQuestion(this.store.state, parts);
    if (!asked) return false;
    try {
      const maps = await this.answers.ask(asked, {
        signal: abort.signal,
        onProgress: value => {
          if (this.running === abort) this.take(at, [value as PatchRow]);
        },
      });
      this.take(at, maps.rows, parts, maps);
      return true;
    } catch (error) {
      const { run } = this.store.state.patching;
      const isCancelled = error instanceof InspectorError && error.code === 'cancelled';
      if (!abort.signal.aborted && run?.at === at) {
        this.end(run, isCancelled ? null : toErrorReport(error));
      }
      return false;
    }
  }

  private take(
    at: string,
    rows: readonly PatchRow[],
    parts: readonly PatchPart[] = [],
    maps?: PatchMaps,
  ): void {
    const { run } = this.store.state.patching;
    if (run?.at !== at) return;
    this.show({
      ...run,
      rows: new Map([...run.rows, ...rows.map(rowOf)]),
      done: maps ? new Map([...run.done, ...parts.map(part => [part, maps] as const)]) : run.done,
    });
  }

  /** What was answered before, when the same was looked at. */
  private known(): Pick<PatchRun, 'rows' | 'done'> {
    const { state } = this.store;
    const found = partsWanted(state.options.patching.heads).flatMap(parts => {
      const maps = answerTo(state, patchQuestion(state, parts) ?? undefined);
      return maps ? [{ parts, maps }] : [];
    });
    return {
      rows: new Map(found.flatMap(({ maps }) => maps.rows.map(rowOf))),
      done: new Map(found.flatMap(({ parts, maps }) => parts.map(part => [part, maps] as const))),
    };
  }

  private end(run: PatchRun, error: ErrorReport | null): void {
    this.ended.set(run.at, error);
    this.show({ ...run, isStopped: true, error });
  }

  private show(run: PatchRun): void {
    this.store.set({ patching: { ...this.store.state.patching, run } });
  }

  private stop(): void {
    this.running?.abort();
    this.running = null;
    this.tell(false);
  }

  private tell(isRunning: boolean): void {
    const { patching } = this.store.state;
    if (patching.isRunning !== isRunning) this.store.set({ patching: { ...patching, isRunning } });
  }
}

const rowOf = ({ part, layer, shares }: PatchRow) => [rowKey(part, layer), shares] as const;

/** Whether the view is open. */
const isOpen = (state: State): boolean =>
  openView([{ id: '' }, { id: PATCHING_VIEW, presence: patchingPresence }], state)?.id ===
  PATCHING_VIEW;

/** Cells of the first maps. */
function cellsOf(state: State): number {
  const size = mapSize(state);
  return size ? size.layers * (3 * size.tokens + size.heads) : 0;
}
