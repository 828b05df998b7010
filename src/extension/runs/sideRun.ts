import type { CaptureSummary } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { PanelApi, RunState } from '../../protocol/panel';
import type { Params } from '../../protocol/rpc';
import { runKey, runSpec, textSpec, type RunSpec } from '../../protocol/run';
import type { InspectionContext } from './inspectionParts';
import { Run, type Make } from './run';

/** What a run beside the main one is made with; null stands for the main run's own. */
export type SideWish = Omit<Params<PanelApi, 'runSide'>, 'slot'>;

/** What a side run asks of its surroundings. */
export interface SideContext extends Pick<InspectionContext, 'client' | 'limits' | 'log'> {
  /** The main run's capture, if it is on show. */
  main(): CaptureSummary | undefined;
  /** A model, or a capture file, by its reference. @throws InspectorError where none has it. */
  find(reference: string): Promise<{ readonly path: string; readonly isCapture?: boolean }>;
  changed(state: RunState): void;
}

/**
 * A place for a run beside the main one. It holds the run of the spec that is wished for; a run of
 * another spec that is under way ends by itself, and then the newest wish is made.
 */
export class SideRun {
  private wish: SideWish | undefined;
  private run: { readonly key: string; readonly run: Run } | undefined;
  private shown: RunState = { kind: 'empty' };

  constructor(private readonly context: SideContext) {}

  /** What pages are told. */
  get state(): RunState {
    return this.shown;
  }

  get isRunning(): boolean {
    return this.run?.run.isRunning ?? false;
  }

  /** Runs as wished, now or as soon as there is a main run; what is there or under way is kept. */
  open(wish: SideWish): void {
    const isSame = JSON.stringify(wish) === JSON.stringify(this.wish);
    this.wish = wish;
    if (isSame && this.run?.run.state.kind === 'failed') this.drop();
    this.follow();
  }

  /** Nobody looks any more: frees the capture; a run under way ends by itself. */
  close(): void {
    if (!this.wish) return;
    this.wish = undefined;
    if (!this.isRunning) this.drop();
    this.show({ kind: 'empty' });
  }

  /** Ends the run that is under way: only a new wish, or another main run, starts one. */
  cancel(): void {
    const { run, wish } = this;
    const main = this.context.main();
    if (!run || !wish || !this.isRunning) return;
    if (main) this.run = { ...run, key: runKey(specOf(wish, main)) };
    run.run.cancel();
  }

  /** The inspector no longer holds a capture: makes it again if it is this run's. */
  lost(capture: string): void {
    if (capture !== this.run?.run.capture?.id) return;
    this.drop();
    this.follow();
  }

  /** Another main run is on show: what it may have changed is made again. */
  mainChanged(): void {
    const isOwn = this.wish !== undefined && this.wish.model !== null && this.wish.text !== null;
    if (this.run?.run.capture && !isOwn) this.drop();
    this.follow();
  }

  /** Makes what is wished beside the main run of now, unless that is there already. */
  follow(): void {
    const { wish } = this;
    const main = this.context.main();
    if (!wish || !main) return;
    const spec = specOf(wish, main);
    const key = runKey(spec);
    if (this.run?.key === key || this.isRunning) return;
    this.drop();
    const run: Run = new Run(
      { stage: 'loading', label: 'Opening the model' },
      { ...this.context, changed: () => this.news(run) },
      this.making(spec, wish, main),
    );
    this.run = { key, run };
    this.show(run.state);
  }

  private making(spec: RunSpec, wish: SideWish, main: CaptureSummary): Make {
    return async ({ signal, onProgress }) => {
      if (main.file !== undefined && wish.model === null) {
        throw new InspectorError(
          'inputs-wrong',
          'This run was read from a capture file, so there is no model to run beside it. Choose a model, or inspect a text.',
        );
      }
      const { path, isCapture = false } =
        wish.model === null ? { path: spec.model } : await this.context.find(wish.model);
      const { client } = this.context;
      if (isCapture) return client.call('openCapture', { path }, { signal });
      const params = { ...spec, model: path, ...this.context.limits() };
      return client.call('inspect', params, { signal, onProgress });
    };
  }

  private news(run: Run): void {
    const { state } = run;
    if (state.kind === 'running') {
      if (this.wish) this.show(state);
      return;
    }
    const main = this.context.main();
    const isOutdated =
      this.wish && main && this.run?.key !== runKey(specOf(this.wish, main)) && !run.isCancelled;
    // One that went down with the process is made again beside the main run.
    const wentDown = state.kind === 'failed' && state.error.code === 'cancelled';
    if (!this.wish || isOutdated || (wentDown && !run.isCancelled)) {
      this.drop();
      this.follow();
    } else this.show(state);
  }

  private drop(): void {
    this.run?.run.leave();
    this.run = undefined;
  }

  private show(state: RunState): void {
    if (state.kind === 'empty' && this.shown.kind === 'empty') return;
    this.shown = state;
    this.context.changed(state);
  }
}

/**
 * What is wished, spelled out; a model that is chosen stands in it by its reference. Feeds belong to the
 * main run's model, and so does the target: another text is read beside the same one, so that outputs
 * stand at the same tokens. A continuation belongs to that target, or to the text where it follows that.
 */
function specOf({ model, text, changes }: SideWish, main: CaptureSummary): RunSpec {
  const isMain = model === null && text === null;
  const isRead = isMain || (model === null && main.model.stacks.length > 1);
  return runSpec({
    model: model ?? main.model.path,
    ...(text === null ? textSpec(main) : { text }),
    changes,
    feeds: model === null ? main.feeds : undefined,
    target: isRead ? main.target : undefined,
    continuation: isRead ? main.continuation : undefined,
  });
}
