/** Nothing that people wait for begins within this time after the last of it ended. */
const PAUSE = 400;

/** Tells when nothing that people wait for has been under way for a moment. */
export class Stillness {
  private waitedFor = 0;
  private timer: NodeJS.Timeout | undefined;
  private rested = false;

  /** @param changed is told when it begins and when it ends */
  constructor(
    private readonly changed: () => void,
    private readonly pause = PAUSE,
  ) {}

  get isStill(): boolean {
    return this.rested;
  }

  /** Something that people wait for, until it ends. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.waitedFor++;
    this.stir();
    try {
      return await work;
    } finally {
      this.waitedFor--;
      this.stir();
    }
  }

  /** Something happened: it is still again a moment later. */
  stir(): void {
    clearTimeout(this.timer);
    if (this.waitedFor === 0) this.timer = setTimeout(() => this.become(true), this.pause);
    this.become(false);
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private become(rested: boolean): void {
    if (rested === this.rested) return;
    this.rested = rested;
    this.changed();
  }
}
