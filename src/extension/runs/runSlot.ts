import type { Making, Run } from './run';

/** Long enough for people who press a key again and again, and hardly noticed by others. */
const PATIENCE = 250;

/**
 * The place of the main run, one at a time. Ending a run costs more than waiting for a short one, so a
 * newer run lets it end by itself: however fast runs follow each other, only the last of those that
 * wait is made.
 */
export class RunSlot {
  private busy: Run | undefined;

  constructor(private readonly patience = PATIENCE) {}

  /**
   * Waits until nothing is under way, and ends what still is after a while.
   * @returns whether the run has the place; not where it is no longer wanted by then
   */
  async enter(run: Run, isWanted: Making['isWanted']): Promise<boolean> {
    const before = this.busy;
    if (before) {
      let timer: NodeJS.Timeout | undefined;
      const pause = new Promise<void>(resolve => (timer = setTimeout(resolve, this.patience)));
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
