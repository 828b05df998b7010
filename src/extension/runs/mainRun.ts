import type { InspectProgress } from '../../protocol/capture';
import type { Found, InspectionContext, Made } from './inspectionParts';
import { Run, type Making } from './run';

/** Long enough for people who press a key again and again, and hardly noticed by others. */
const PATIENCE = 250;

/** Finds what is to be shown; undefined where it is not wanted any more before it began. */
export type Work = (making: Making) => Promise<Found | undefined>;

/** What the main run is made with, and who is told of it. */
export interface MainRunContext extends Pick<InspectionContext, 'client' | 'log' | 'patience'> {
  /** The newest run has news. @param made how its capture was made; a file was not */
  follow(run: Run, made: Made | undefined): void;
}

/**
 * The main run of a window: the newest one, and the one on show until that has a capture. Ending a run
 * costs more than waiting for a short one, so a newer run lets it end by itself: however fast runs follow
 * each other, only the last of those that wait is made.
 */
export class MainRun {
  private newest: Run | undefined;
  private shown: Run | undefined;
  /** The run that has the inspector. */
  private busy: Run | undefined;

  constructor(private readonly context: MainRunContext) {}

  /** Begins a run in place of the newest one. @returns it, under way */
  begin(first: InspectProgress, work: Work): Run {
    let made: Made | undefined;
    const run: Run = new Run(
      first,
      { ...this.context, changed: () => this.context.follow(run, made) },
      async making => {
        if (!(await this.enter(run, making))) return undefined;
        const found = await work(making);
        made = found?.made;
        return found?.capture;
      },
    );
    if (this.newest !== this.shown) this.newest?.leave();
    this.newest = run;
    return run;
  }

  /** Ends the run that is under way, if there is one; the one on show stays. */
  end(): void {
    const run = this.newest;
    if (!run || run === this.shown) return;
    this.newest = undefined;
    run.leave();
    run.cancel();
  }

  /** The newest run is on show from now on; the one before is freed. */
  show(run: Run): void {
    this.leaveShown();
    this.shown = run;
  }

  /** Frees the run on show. */
  leaveShown(): void {
    this.shown?.leave();
    if (this.newest === this.shown) this.newest = undefined;
    this.shown = undefined;
  }

  /**
   * Waits until no other run has the inspector, and ends the one that still has it after a while.
   * @returns whether the run has it; not where it is no longer wanted by then
   */
  private async enter(run: Run, { isWanted }: Making): Promise<boolean> {
    const before = this.busy;
    if (before) {
      let timer: NodeJS.Timeout | undefined;
      const patience = this.context.patience ?? PATIENCE;
      const pause = new Promise<void>(resolve => (timer = setTimeout(resolve, patience)));
      await Promise.race([before.ended, pause]);
      clearTimeout(timer);
    }
    if (!isWanted()) return false;
    if (before && this.busy === before) before.cancel();
    this.busy = run;
    void run.ended.then(() => {
      if (this.busy === run) this.busy = undefined;
    });
    return true;
  }
}
