import { randomNumbers } from './fit/sample';

/**
 * Random classes for a control task (Hewitt & Liang 2019): one for each type, drawn from the frequencies of
 * the classes, so that a probe can do well on it only by memorising types.
 * @param types in the order in which they are drawn
 * @param counts how often each class occurs `[classes]`
 */
export function controlLabels(
  types: Iterable<string>,
  counts: readonly number[],
  seed: number,
): ReadonlyMap<string, number> {
  const random = randomNumbers(seed);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const labels = new Map<string, number>();
  for (const type of types) {
    if (!labels.has(type)) labels.set(type, drawn(counts, random() * total));
  }
  return labels;
}

/** The class on whose share of the line `at` lies. */
function drawn(counts: readonly number[], at: number): number {
  let end = 0;
  for (const [i, count] of counts.entries()) {
    end += count;
    if (at < end) return i;
  }
  return Math.max(0, counts.length - 1);
}
