import type { Tensor } from '../../runtime/tensor';

/** Rows whose scores are all below this are fully masked; implementations differ in what they give. */
const fullyMasked = -1e30;

/**
 * Largest difference between softmax(maskedScores), in float64, and the weights. A sink leaves the keys
 * what it does not take itself, in the same proportions.
 * @param sink `[batch, heads, queries, 1]`
 */
export function softmaxError(maskedScores: Tensor, weights: Tensor, sink?: Tensor): number {
  const keys = weights.dims[3] ?? 1;
  const terms = new Float64Array(keys);
  let worst = 0;
  for (let row = 0; row < weights.data.length; row += keys) {
    const scores = maskedScores.data.subarray(row, row + keys);
    const maximum = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    if (maximum < fullyMasked) continue;
    let sum = 0;
    for (let key = 0; key < keys; key++) {
      sum += terms[key] = Math.exp((scores[key] ?? NaN) - maximum);
    }
    const left = sink ? 1 - (sink.data[row / keys] ?? NaN) : 1;
    for (let key = 0; key < keys; key++) {
      const expected = (left * (terms[key] ?? NaN)) / sum;
      worst = larger(worst, difference(expected, weights.data[row + key]));
    }
  }
  return worst;
}

/** Zero where both are no number, or one overflowed where the other shows that it must have. */
export function difference(expected: number, found = NaN): number {
  if (Number.isFinite(found)) return Math.abs(expected - found);
  if (Number.isNaN(found)) return Number.isFinite(expected) ? NaN : 0;
  return expected * Math.sign(found) > LARGEST_HALF || Number.isNaN(expected) ? 0 : Infinity;
}

/** Where float16 ends. */
const LARGEST_HALF = 6e4;

/** The larger one; NaN counts as infinite. */
export function larger(worst: number, error: number): number {
  return error <= worst ? worst : Number.isNaN(error) ? Infinity : error;
}
