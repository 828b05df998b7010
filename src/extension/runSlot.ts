/** Long enough for people who press a key again and again, and hardly noticed by others. */
const PATIENCE = 250;

/**
 * The inspector's work for one inspection, one call at a time. Ending a call ends the process, and
 * starting one takes a while, so a newer run lets a short one end by itself: however fast runs follow
 * each other, only the last of those that wait is made.
 */
export class RunSlot {
  private ended: Promise<void> | undefined;

  /** @param kill ends whatever is under way, and the process with it */
  constructor(
    private readonly kill: () => void,
    private readonly patience = PATIENCE,
  ) {}

  /**
   * Resolves once nothing is under way. What still is after a while is ended, unless `isCurrent` says
   * that another run waits by then.
   */
  async free(isCurrent: () => boolean): Promise<void> {
    if (!this.ended) return;
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<void>(resolve => (timer = setTimeout(resolve, this.patience)));
    await Promise.race([this.ended, pause]);
    clearTimeout(timer);
    if (isCurrent()) this.end();
  }

  /** Ends the call that is under way, if there is one. */
  end(): void {
    if (!this.ended) return;
    this.ended = undefined;
    this.kill();
  }

  /** Makes a call; `free` waits for its end. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const answer = call();
    const ended = answer.then(
      () => undefined,
      () => undefined,
    );
    this.ended = ended;
    try {
      return await answer;
    } finally {
      if (this.ended === ended) this.ended = undefined;
    }
  }
}
