type Listener = () => void;

/**
 * One state for the whole panel. Changes made in one task reach the listeners together, in the
 * order in which they subscribed.
 */
export class Store<S extends object> {
  private readonly listeners = new Set<Listener>();
  private scheduled = false;

  constructor(private current: S) {}

  get state(): S {
    return this.current;
  }

  /** Replaces the named parts of the state. */
  set(change: Partial<S>): void {
    this.current = { ...this.current, ...change };
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      try {
        this.tell();
      } finally {
        this.scheduled = false;
      }
    });
  }

  /**
   * Tells the listeners, round after round, until all have seen the same state: where one of them
   * changes it, those after it see the change at once and only those before it are told again.
   */
  private tell(): void {
    let last: Listener | undefined;
    let isChanged: boolean;
    do {
      isChanged = false;
      for (const listener of this.listeners) {
        const { current } = this;
        listener();
        if (this.current !== current) {
          last = listener;
          isChanged = true;
        } else if (listener === last && !isChanged) return;
      }
    } while (isChanged);
  }

  /**
   * Calls `listener` now and whenever one of the selected values is another one than before.
   * @returns the function that ends it
   */
  select<T extends readonly unknown[]>(
    selector: (state: S) => readonly [...T],
    listener: (...values: { [K in keyof T]: T[K] }) => void,
  ): () => void {
    let before = selector(this.current);
    const check = (): void => {
      const now = selector(this.current);
      if (now.every((value, i) => Object.is(value, before[i]))) return;
      before = now;
      listener(...now);
    };
    this.listeners.add(check);
    listener(...before);
    return () => this.listeners.delete(check);
  }

  /**
   * The same store for a part that may be out of sight: its listeners rest while `isOpen` says no, and
   * catch up when it says yes.
   */
  while(isOpen: (state: S) => boolean): Store<S> {
    return new RestingStore(this, isOpen);
  }
}

class RestingStore<S extends object> extends Store<S> {
  constructor(
    private readonly whole: Store<S>,
    private readonly isOpen: (state: S) => boolean,
  ) {
    super(whole.state);
  }

  override get state(): S {
    return this.whole.state;
  }

  override set(change: Partial<S>): void {
    this.whole.set(change);
  }

  override select<T extends readonly unknown[]>(
    selector: (state: S) => readonly [...T],
    listener: (...values: { [K in keyof T]: T[K] }) => void,
  ): () => void {
    let last: readonly [...T] | undefined;
    return this.whole.select<T>(state => {
      if (!last || this.isOpen(state)) last = selector(state);
      return last;
    }, listener);
  }
}
