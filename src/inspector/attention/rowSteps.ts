import { isBlocked } from './masks';

/** Differences up to this are rounding, where nothing tells of a bias; as a fraction of the largest score. */
const ROUNDING = 1e-3;

/** tanh(score / cap) × cap (Gemma 2); the score itself without a cap. */
export function capped(score: number, cap: number | undefined): number {
  return cap === undefined ? score : Math.tanh(score / cap) * cap;
}

/**
 * What the model added between score and softmax where the mask allows the pair: masked score − capped
 * score `[keys]`. Undefined where that is rounding only, unless `isExpected`.
 */
export function addedBias(
  scores: Float32Array,
  maskedScores: Float32Array,
  cap: number | undefined,
  isExpected: boolean,
): Float32Array | undefined {
  let largest = 1;
  let most = 0;
  const bias = maskedScores.map((masked, key) => {
    if (isBlocked(masked)) return 0;
    const score = capped(scores[key] ?? NaN, cap);
    largest = Math.max(largest, Math.abs(score));
    most = Math.max(most, Math.abs(masked - score));
    return masked - score;
  });
  return isExpected || most > ROUNDING * largest ? bias : undefined;
}

/** What the exponentials of a row are divided by. */
export interface SoftmaxParts {
  /** The largest softmax input. */
  readonly maximum: number;
  /** Σ exp(input − largest), and the term of the sink. */
  readonly normaliser: number;
  /** What the sink takes of the row and its term, exp(its score − largest); absent without one. */
  readonly sink?: { readonly weight: number; readonly term: number };
}

/**
 * Takes the softmax of a row apart.
 * @param sink weight of the sink: its term is Σ exp · weight / (1 − weight)
 */
export function softmaxParts(maskedScores: ArrayLike<number>, sink?: number): SoftmaxParts {
  let maximum = -Infinity;
  for (let key = 0; key < maskedScores.length; key++) {
    maximum = Math.max(maximum, maskedScores[key] ?? -Infinity);
  }
  let normaliser = 0;
  for (let key = 0; key < maskedScores.length; key++) {
    normaliser += Math.exp((maskedScores[key] ?? -Infinity) - maximum);
  }
  if (sink === undefined) return { maximum, normaliser };
  const term = (normaliser * sink) / (1 - sink);
  return { maximum, normaliser: normaliser + term, sink: { weight: sink, term } };
}

/** q·k of one pair in double precision; `qStart` and `kStart` are where the vectors begin. */
export function dotProduct(
  q: Float32Array,
  qStart: number,
  k: Float32Array,
  kStart: number,
  headDim: number,
): number {
  let sum = 0;
  for (let i = 0; i < headDim; i++) sum += (q[qStart + i] ?? NaN) * (k[kStart + i] ?? NaN);
  return sum;
}

/**
 * Largest |softmax(cap(q·k × scale) + bias) − weight| of a row, in double precision, over the keys that
 * the mask allows; NaN where one of the numbers is none. A row that is blocked altogether is compared as
 * the model computed it.
 * @param products q·k `[keys]`
 * @param sink what a sink takes of the row
 */
export function weightError(
  products: Float64Array,
  scale: number,
  cap: number | undefined,
  bias: Float32Array | undefined,
  maskedScores: Float32Array,
  weights: Float32Array,
  sink?: number,
): number {
  const isBlockedRow = maskedScores.every(isBlocked);
  const inputs = Float64Array.from(products, (product, key) => {
    const masked = maskedScores[key] ?? -Infinity;
    if (isBlockedRow) return masked;
    return isBlocked(masked) ? -Infinity : capped(product * scale, cap) + (bias?.[key] ?? 0);
  });
  const { maximum, normaliser } = softmaxParts(inputs, sink);
  let worst = 0;
  for (const [key, input] of inputs.entries()) {
    const recomputed = maximum === -Infinity ? 0 : Math.exp(input - maximum) / normaliser;
    const error = Math.abs(recomputed - (weights[key] ?? NaN));
    if (Number.isNaN(error)) return NaN;
    worst = Math.max(worst, error);
  }
  return worst;
}
