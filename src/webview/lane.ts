import { address } from './addresses';
import type { Slice } from './state';

/** Bytes that a lane remembers, at most: the rows of long texts are large. */
const MOST_BYTES = 1 << 24;

/** Bytes of the typed arrays in a slice. */
export function bytesIn(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + bytesIn(part), 0);
}

/** Fetches one kind of slice: remembers the latest ones and never queues more than the newest wish. */
export class Lane<P extends object, T> {
  private readonly known = new Map<string, Slice<T>>();
  private held = 0;
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
    this.held -= bytesIn(this.known.get(at)?.value);
    this.known.set(at, slice);
    this.held += bytesIn(slice.value);
    for (const [name, oldest] of this.known) {
      const fits = this.known.size <= this.capacity && this.held <= MOST_BYTES;
      if (fits || oldest === slice) break;
      this.known.delete(name);
      this.held -= bytesIn(oldest.value);
    }
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
