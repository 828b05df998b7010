/** Most training items of a task: more are sampled down to this many, which the report says. */
export const TRAIN_LIMIT = 10_000;

/**
 * Numbers 0 to `count` − 1 in a random order that depends on `seed` only, at most `limit` of them.
 * (Fisher–Yates with the generator mulberry32.)
 */
export function sampleItems(count: number, limit: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const random = randomNumbers(seed);
  const kept = Math.min(count, limit);
  for (let i = 0; i < kept; i++) {
    const j = i + Math.floor(random() * (count - i));
    const other = order[j] ?? 0;
    order[j] = order[i] ?? 0;
    order[i] = other;
  }
  return order.slice(0, kept);
}

/** Uniform numbers in [0, 1) that depend on `seed` only (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
