/**
 * log softmax in double precision: x − log Σ exp x.
 * @param logits `[vocabulary]`
 */
export function logSoftmax(logits: Float32Array): Float64Array {
  const normaliser = logSumExp(logits);
  const logs = new Float64Array(logits.length);
  for (let i = 0; i < logits.length; i++) logs[i] = (logits[i] ?? NaN) - normaliser;
  return logs;
}

/** log Σ exp x in double precision, the largest subtracted first. */
export function logSumExp(logits: Float32Array): number {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i] ?? NaN);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] ?? NaN) - largest);
  return largest + Math.log(sum);
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
export function largestIndices(values: Float32Array | Float64Array, count: number): number[] {
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
