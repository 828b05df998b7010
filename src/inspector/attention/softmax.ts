/**
 * log softmax in double precision: x − log Σ exp x, the largest subtracted first.
 * @param logits `[vocabulary]`
 */
export function logSoftmax(logits: Float32Array): Float64Array {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  const normaliser = largest + Math.log(sum);
  return Float64Array.from(logits, logit => logit - normaliser);
}

/** Kullback–Leibler divergence Σ p (log p − log q) in nats, from the logarithms; 0 · log 0 = 0. */
export function divergenceOf(logP: Float64Array, logQ: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < logP.length; i++) {
    const log = logP[i] ?? -Infinity;
    if (log !== -Infinity) sum += Math.exp(log) * (log - (logQ[i] ?? -Infinity));
  }
  // Rounding alone takes it below 0.
  return Math.max(0, sum);
}

/** Index of the largest value; the first of equal ones. */
export function largestAt(values: Float32Array | Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  }
  return best;
}

/** Indices of the `count` largest values, largest first; of equal ones the first. */
export function largestIndices(values: Float64Array, count: number): number[] {
  const best: number[] = [];
  const valueAt = (index: number | undefined): number => values[index ?? -1] ?? -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (best.length === count && !(valueAt(i) > valueAt(best.at(-1)))) continue;
    let place = best.length;
    while (place > 0 && valueAt(i) > valueAt(best[place - 1])) place--;
    best.splice(place, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}
