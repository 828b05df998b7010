/** Something that was opened, and a way to tell whether what it was opened from is still the same. */
export interface Opened<T> {
  readonly value: T;
  /** The file or folder that changed since, if one did. */
  readonly changed: () => Promise<string | undefined>;
}

/** Keeps the results of the latest openings; what changed is opened anew, what failed is tried again. */
export class Kept<T> {
  private readonly open = new Map<string, Promise<Opened<T>>>();

  /**
   * @param limit how many are kept
   * @param close what is kept no longer
   * @param onChange is told which file of a key was found changed
   */
  constructor(
    private readonly limit: number,
    private readonly close: (value: T) => void,
    private readonly onChange: (key: string, file: string) => void = () => undefined,
  ) {}

  /** @param open is called where nothing is kept under the key, or what is kept changed */
  async get(key: string, open: () => Promise<Opened<T>>): Promise<T> {
    const kept = this.open.get(key);
    const entry = kept ?? open();
    this.open.delete(key);
    this.open.set(key, entry);
    let opened: Opened<T>;
    try {
      opened = await entry;
    } catch (error) {
      if (this.open.get(key) === entry) this.open.delete(key);
      throw error;
    }
    const changed = kept && (await opened.changed());
    if (changed !== undefined) {
      // Of several calls that find the change, the first one opens anew.
      if (this.open.get(key) === entry) {
        this.forget(key);
        this.onChange(key, changed);
      }
      return this.get(key, open);
    }
    for (const oldest of this.open.keys()) {
      if (this.open.size <= this.limit) break;
      this.forget(oldest);
    }
    return opened.value;
  }

  /** Everything that is kept is gone already: it is opened anew when it is asked for. */
  clear(): void {
    this.open.clear();
  }

  /** Closes everything that is kept. */
  closeAll(): void {
    for (const key of [...this.open.keys()]) this.forget(key);
  }

  private forget(key: string): void {
    const entry = this.open.get(key);
    this.open.delete(key);
    // One that could not be opened needs no closing.
    entry?.then(
      ({ value }) => this.close(value),
      () => undefined,
    );
  }
}
