/** What was fetched last by key, a few at most; one that failed is fetched again. */
export class Latest<K, V> {
  private readonly known = new Map<K, Promise<V>>();

  constructor(
    private readonly limit: number,
    private readonly fetch: (key: K) => Promise<V>,
  ) {}

  get(key: K): Promise<V> {
    const value = this.known.get(key) ?? this.fetch(key);
    this.known.delete(key);
    this.known.set(key, value);
    value.catch(() => {
      // A newer answer for the same key stays.
      if (this.known.get(key) === value) this.known.delete(key);
    });
    for (const oldest of this.known.keys()) {
      if (this.known.size <= this.limit) break;
      this.known.delete(oldest);
    }
    return value;
  }
}
