import type { CaptureSummary } from '../protocol/capture';
import { InspectorError } from '../protocol/errors';
import type { InspectParams } from '../protocol/inspector';
import type { PanelApi, RunState } from '../protocol/panel';
import type { Params } from '../protocol/rpc';
import { Inspection } from './inspection';
import type { InspectionContext } from './inspectionParts';

/** What a run beside the main one is made with; null stands for the main run's own. */
export type SideWish = Omit<Params<PanelApi, 'runSide'>, 'slot'>;

/** What a side run asks of its surroundings. */
export interface SideContext extends Pick<InspectionContext, 'client' | 'limits' | 'log'> {
  /** The main run's capture, if it is on show. */
  main(): CaptureSummary | undefined;
  /** A model by its reference. @throws InspectorError where none has it. */
  find(reference: string): Promise<{ readonly path: string }>;
  changed(state: RunState): void;
}

/**
 * One run beside the main one. It never ends a run to begin another, because that would end the
 * inspector process and lose every capture: the newest wish waits for the run under way.
 */
export class SideRun {
  private readonly inspection: Inspection;
  private wish: SideWish | undefined;
  /** The wish and the main capture that the latest run was made for. */
  private made: { readonly wish: SideWish; readonly main: CaptureSummary } | undefined;
  private shown: RunState = { kind: 'empty' };
  /** The run under way answers an older wish. */
  private isOutdated = false;
  /** The capture is gone, or its run was ended with the process. */
  private isLost = false;
  /** People ended the run: only a new wish, or another main run, starts one. */
  private isCancelled = false;

  constructor(private readonly context: SideContext) {
    this.inspection = new Inspection({
      client: context.client,
      model: () => this.model(),
      limits: () => this.inputs(),
      isStale: () => false,
      changed: state => this.follow(state),
      log: context.log,
    });
  }

  /** What pages are told. */
  get state(): RunState {
    return this.shown;
  }

  /** Runs as wished, now or as soon as there is a main run; what is there or under way is kept. */
  open(wish: SideWish): void {
    const same = JSON.stringify(wish) === JSON.stringify(this.wish);
    if (same && !this.isLost && (this.isRunning || this.inspection.capture)) return;
    this.wish = wish;
    this.isCancelled = false;
    this.start();
  }

  /** Nobody looks any more: frees the capture; a run under way ends by itself. */
  close(): void {
    if (!this.wish) return;
    this.wish = undefined;
    if (this.inspection.state.kind !== 'running') this.inspection.close();
    this.show({ kind: 'empty' });
  }

  /** Ends the run that is under way, and the inspector process with it. */
  cancel(): void {
    if (!this.wish || this.inspection.state.kind !== 'running') return;
    this.isCancelled = true;
    this.isOutdated = false;
    this.inspection.cancel();
  }

  /** Runs again for a new main capture, unless that would give the same. */
  mainChanged(): void {
    const { wish, made } = this;
    const main = this.context.main();
    if (!wish || !main) return;
    const same = made !== undefined && made.wish === wish && isSameRun(made.main, main);
    const isOwn = wish.model !== null && wish.text !== null;
    const stays = same && (this.isCancelled || this.hasFailed || (this.isRunning && !this.isLost));
    const unmoved = made?.wish === wish && isOwn && !this.isLost;
    if (!stays && !unmoved) this.start();
  }

  /** The same main capture is on show again: makes a run that was ended meanwhile again. */
  mainReturned(): void {
    if (this.isLost && !this.isRunning) this.start();
  }

  /** The inspector no longer holds a capture: makes it again if it is this run's. */
  lost(capture: string): void {
    if (capture !== this.inspection.capture?.id) return;
    this.isLost = true;
    this.start();
  }

  private get isRunning(): boolean {
    return this.inspection.state.kind === 'running';
  }

  /** The run failed for a reason of its own: the same again would fail again. */
  private get hasFailed(): boolean {
    return this.inspection.state.kind === 'failed' && !this.isLost;
  }

  private start(): void {
    const { wish } = this;
    const main = this.context.main();
    if (!wish || !main) return;
    if (this.isRunning) {
      this.isOutdated = true;
      return;
    }
    this.made = { wish, main };
    this.isLost = false;
    this.isCancelled = false;
    if (main.file !== undefined && wish.model === null) {
      this.inspection.refuse(
        new InspectorError(
          'inputs-wrong',
          'This run was read from a capture file, so there is no model to run beside it. Choose a model, or inspect a text.',
        ),
      );
    } else void this.inspection.run(wish.text ?? main.text);
  }

  private follow(state: RunState): void {
    if (state.kind === 'running') {
      if (this.wish) this.show(state);
    } else if (!this.wish) {
      if (state.kind !== 'empty') this.inspection.close();
    } else if (this.isOutdated) {
      this.isOutdated = false;
      this.start();
    } else if (isCancelled(state) && !this.isCancelled) {
      // The process was ended for the main run; once that is on show, this one is made again.
      this.isLost = true;
      this.start();
    } else this.show(state);
  }

  private show(state: RunState): void {
    if (state.kind === 'empty' && this.shown.kind === 'empty') return;
    this.shown = state;
    this.context.changed(state);
  }

  private async model(): Promise<{ readonly path: string }> {
    const { wish, main } = this.present();
    return wish.model === null ? { path: main.model.path } : this.context.find(wish.model);
  }

  /** Target and continuation belong to the main run's text and model. */
  private inputs(): Omit<InspectParams, 'model' | 'text'> {
    const { wish, main } = this.present();
    const isMain = wish.model === null && wish.text === null;
    return {
      ...this.context.limits(),
      ...(wish.changes.length > 0 ? { changes: wish.changes } : {}),
      ...(wish.model === null && main.feeds ? { feeds: main.feeds } : {}),
      ...(isMain && main.target !== undefined ? { target: main.target } : {}),
      ...(isMain && main.continuation ? { continuation: main.continuation } : {}),
    };
  }

  private present(): { readonly wish: SideWish; readonly main: CaptureSummary } {
    if (this.made) return this.made;
    throw new InspectorError('internal', 'A side run was started before it was asked for.');
  }
}

const isCancelled = (state: RunState): boolean =>
  state.kind === 'failed' && state.error.code === 'cancelled';

const isSameRun = (a: CaptureSummary, b: CaptureSummary): boolean =>
  a.text === b.text &&
  a.model.path === b.model.path &&
  a.target === b.target &&
  String(a.continuation) === String(b.continuation) &&
  JSON.stringify(a.feeds) === JSON.stringify(b.feeds);
