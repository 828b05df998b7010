/** Parts of the training items that the online code's probes are fitted on (Voita & Titov 2020). */
const PORTIONS = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5, 1] as const;

/** How many items have been sent after each block; every block has at least one, the last is `count`. */
export function codeBlocks(count: number): readonly number[] {
  const ends = PORTIONS.map(portion => Math.round(portion * count));
  return [...new Set(ends)].filter(end => end > 0);
}

/**
 * Bits that a block costs under the probe that was fitted on everything before it:
 * −Σ log2 p(label).
 * @param logits `[items, classes]`
 * @param labels class of each item `[items]`
 */
export function blockBits(logits: Float32Array, labels: Int32Array, classes: number): number {
  let nats = 0;
  labels.forEach((label, item) => {
    const row = logits.subarray(item * classes, (item + 1) * classes);
    const largest = Math.max(...row);
    let sum = 0;
    for (const logit of row) sum += Math.exp(logit - largest);
    nats += largest + Math.log(sum) - (row[label] ?? 0);
  });
  return nats / Math.LN2;
}

/** Bits of labels that are all equally likely: count · log2(classes). */
export function uniformBits(count: number, classes: number): number {
  return count * Math.log2(classes);
}

/** How many times shorter a code is than the uniform one; 1 where there is nothing to send. */
export function compressionOf(bits: number, count: number, classes: number): number {
  return classes > 1 ? uniformBits(count, classes) / bits : 1;
}
