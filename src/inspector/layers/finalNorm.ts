import type { OutputHead } from '../model/head/headSession';

/** A normalisation at one token, its scale held fixed: then it is linear in the stream. */
export interface FrozenNorm {
  /** The normalised part of the stream that `part` of it gives, without the norm's bias `[modelDim]`. */
  readonly apply: (part: Float32Array) => Float32Array;
  /** The norm's bias `[modelDim]`. */
  readonly bias: Float32Array;
  /** Largest difference from what the model computes, as a fraction of its largest entry. */
  readonly error: number;
}

/** Large enough for the ε of a norm to be lost beside it, small enough for float16. */
const PROBE = 16;
/** How far apart two outputs may be that are the same but for rounding. */
const SAME = 1e-2;

/**
 * Finds the gain g and bias b of the final normalisation from what it makes of a few vectors, tells
 * LayerNorm (Ba et al. 2016) from RMSNorm (Zhang & Sennrich 2019), and holds its scale σ at one token
 * fixed: g ⊙ (r − μ) / σ + b, with μ = 0 for RMSNorm.
 * @param state the stream before the normalisation at that token `[modelDim]`
 */
export async function frozenNorm(head: OutputHead, state: Float32Array): Promise<FrozenNorm> {
  const { modelDim } = head;
  const probe = zeroMean(modelDim);
  const rows = [state, probe, probe.map(x => -x), probe.map(x => x + PROBE)];
  const states = new Float32Array(rows.length * modelDim);
  for (const [i, row] of rows.entries()) states.set(row, i * modelDim);
  const { data } = await head.normed({ dims: [1, rows.length, modelDim], data: states });
  const [normed, plus, minus, shifted] = rows.map((_, i) =>
    data.subarray(i * modelDim, (i + 1) * modelDim),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];

  const bias = plus.map((value, i) => (value + (minus[i] ?? NaN)) / 2);
  const deviation = Math.sqrt(mean(probe.map(x => x * x)));
  const gain = plus.map((value, i) => ((value - (bias[i] ?? NaN)) * deviation) / (probe[i] ?? NaN));
  const isCentred = relativeDistance(shifted, plus) <= SAME;
  const direction = (part: Float32Array) => {
    const middle = isCentred ? mean(part) : 0;
    return part.map((value, i) => (gain[i] ?? NaN) * (value - middle));
  };
  const along = direction(state);
  const inverse =
    dot(
      normed.map((value, i) => value - (bias[i] ?? NaN)),
      along,
    ) / dot(along, along);
  const apply = (part: Float32Array) => direction(part).map(value => value * inverse);
  const ours = apply(state).map((value, i) => value + (bias[i] ?? NaN));
  return { apply, bias, error: relativeDistance(ours, normed) };
}

/** ±`PROBE` by turns, ending in 1, 1, −2 times that where the number is odd. */
function zeroMean(size: number): Float32Array {
  const vector = Float32Array.from({ length: size }, (_, i) => (i % 2 === 0 ? PROBE : -PROBE));
  if (size % 2 === 1) vector.set([PROBE, PROBE, -2 * PROBE], Math.max(0, size - 3));
  return vector;
}

/** Largest difference, as a fraction of the largest entry of `b`. */
export function relativeDistance(a: Float32Array, b: Float32Array): number {
  let [worst, largest] = [0, 0];
  for (const [i, value] of b.entries()) {
    const difference = Math.abs(value - (a[i] ?? NaN));
    // NaN is no small difference.
    if (!(difference <= worst)) worst = difference;
    largest = Math.max(largest, Math.abs(value));
  }
  return worst / largest;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
