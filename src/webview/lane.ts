import { address } from './addresses';
import type { Slice } from './state';

/** Fetches one kind of slice: remembers the latest ones and never queues more than the newest wish. */
export class Lane<P extends object, T> {
  private readonly known = new Map<string, Slice<T>>();
  private wish: { params: P; at: string } | null = null;
  private busy = false;

  constructor(
    private readonly fetch: (params: P) => Promise<T>,
    private readonly deliver: (slice: Slice<T>) => void,
    private readonly failed: (error: unknown, params: P) => void,
    private readonly capacity: number,
  ) {}

  /** The slice now, from memory or from the host. */
  async get(params: P): Promise<Slice<T>> {
    const at = address(params);
    const known = this.known.get(at);
    if (known) {
      this.known.delete(at);
      this.known.set(at, known);
      return known;
    }
    const slice = { at, value: await this.fetch(params) };
    this.known.set(at, slice);
    const oldest = this.known.keys().next();
    if (this.known.size > this.capacity && !oldest.done) this.known.delete(oldest.value);
    return slice;
  }

  /** Asks for delivery; a newer call replaces one that has not been sent yet. */
  want(params: P): void {
    const at = address(params);
    const known = this.known.get(at);
    this.wish = known ? null : { params, at };
    if (known) this.deliver(known);
    else if (!this.busy) void this.work();
  }

  /** Forgets an open wish. */
  drop(): void {
    this.wish = null;
  }

  private async work(): Promise<void> {
    this.busy = true;
    while (this.wish) {
      const { params, at } = this.wish;
      try {
        const slice = await this.get(params);
        if ((this.wish as typeof this.wish | null)?.at === at) {
          this.wish = null;
          this.deliver(slice);
        }
      } catch (error) {
        if (this.wish?.at === at) this.wish = null;
        this.failed(error, params);
      }
    }
    this.busy = false;
  }
}
