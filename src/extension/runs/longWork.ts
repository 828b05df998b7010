import type { Cancellation } from '../../protocol/rpc';

/** Long calls that pages ask for, such as fitting probes: people may end all of them at once. */
export class LongWork {
  private readonly underWay = new Set<AbortController>();

  /** @param changed called when something begins or ends */
  constructor(private readonly changed: () => void) {}

  get isUnderWay(): boolean {
    return this.underWay.size > 0;
  }

  /**
   * Does `work` with a signal that ends it.
   * @param asked ends it, too: the one that the page sets off
   */
  async run<T>(asked: Cancellation, work: (ending: Cancellation) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    asked.addEventListener('abort', () => controller.abort());
    if (asked.aborted) controller.abort();
    this.underWay.add(controller);
    this.changed();
    try {
      return await work(controller.signal);
    } finally {
      this.underWay.delete(controller);
      this.changed();
    }
  }

  /** Ends all of it. */
  cancel(): void {
    for (const controller of this.underWay) controller.abort();
  }
}
