import type { Computation } from '../../../protocol/computation';
import type { State } from '../../app/state';
import { keyTokens } from '../../reading/capture';
import { fitStep } from '../../app/choices/step';
import { keyVector, shownComputation, type ShownComputation } from './shown';

/** Recomputed weights may differ from the model's by this much. */
export const LARGEST_ERROR = 1e-4;

/** The key that is looked at: the locus's, else the one with the largest weight. */
export function keyOf({ locus }: State, { weights }: Computation): number {
  if (locus?.key !== null && locus?.key !== undefined && locus.key < weights.length) {
    return locus.key;
  }
  return weights.reduce((best, weight, key) => (weight > (weights[best] ?? 0) ? key : best), 0);
}

/** Where the computation is paused, with what the panes draw from; null while it is on its way. */
export function pausedIn(state: State) {
  const shown = shownComputation(state);
  const { capture, locus } = state;
  if (!shown || !capture || !locus) return null;
  const { value } = shown;
  const keys = keyTokens(capture, locus.block);
  const step = fitStep(state.step, value.headDim);
  return { shown, value, capture, locus, keys, step, key: keyOf(state, value) };
}

export type Paused = NonNullable<ReturnType<typeof pausedIn>>;

/** Each product of q and k, and their running sum `[headDim]`. */
export function runningSum(
  q: Float32Array,
  k: Float32Array,
): { readonly products: Float32Array; readonly sums: Float32Array } {
  const products = q.map((value, i) => value * (k[i] ?? NaN));
  let sum = 0;
  return { products, sums: products.map(product => (sum += product)) };
}

/** Score after the soft-cap, where the model has one. */
export const cappedScore = (score: number, cap: number | undefined): number =>
  cap === undefined ? score : Math.tanh(score / cap) * cap;

/** Keys by weight, largest first, the chosen one among them; blocked ones only if nothing else is there. */
export function topKeys(
  { weights, allowed }: Computation,
  chosen: number,
  count: number,
): number[] {
  const weight = (key: number): number => weights[key] ?? 0;
  const order = Array.from(weights.keys())
    .filter(key => allowed[key] === 1)
    .sort((a, b) => weight(b) - weight(a) || a - b)
    .slice(0, count);
  if (order.includes(chosen) || allowed[chosen] !== 1) return order;
  return [...order.slice(0, count - 1), chosen];
}

/** exp(masked score − largest) of a key. */
export const exponential = ({ maskedScores, maximum }: Computation, key: number): number =>
  Math.exp((maskedScores[key] ?? -Infinity) - maximum);

/** One dimension of Σ α v: what some keys add to it, and what all others do together. */
export interface SumTerms {
  readonly terms: readonly {
    readonly key: number;
    readonly value: number;
    readonly term: number;
  }[];
  readonly rest: number;
  readonly total: number;
}

/** Terms of z in one dimension; keys whose values are not here yet count among the rest. */
export function sumTerms(
  shown: ShownComputation,
  dimension: number,
  keys: readonly number[],
): SumTerms | null {
  const total = shown.value.headOutput?.[dimension];
  if (total === undefined) return null;
  const terms = keys.flatMap(key => {
    const value = keyVector(shown, 'v', key)?.[dimension];
    return value === undefined
      ? []
      : [{ key, value, term: (shown.value.weights[key] ?? NaN) * value }];
  });
  return { terms, rest: terms.reduce((rest, { term }) => rest - term, total), total };
}

/** The entry of a vector that is furthest from zero. */
export function largestEntry(vector: Float32Array): number {
  return vector.reduce(
    (best, value, i) => (Math.abs(value) > Math.abs(vector[best] ?? 0) ? i : best),
    0,
  );
}

/** Euclidean length. */
export const length = (vector: Float32Array): number =>
  Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

/** Largest distance from zero of some vectors: where their colours end. */
export function limitOf(vectors: Iterable<Float32Array | null | undefined>): number {
  let limit = 0;
  for (const vector of vectors) {
    for (const value of vector ?? []) limit = Math.max(limit, Math.abs(value));
  }
  return limit || 1;
}

/** Where the colours of q, k, q ∘ k and v end; those of keys that are not here yet may lie beyond. */
export interface Limits {
  readonly q: number;
  readonly k: number;
  readonly product: number;
  readonly v: number;
}

export function limitsOf({ value, chunks }: ShownComputation): Limits {
  const { q, headDim } = value;
  const all = [...chunks.values()];
  let product = 0;
  for (const { k } of all) {
    k.forEach((entry, i) => {
      product = Math.max(product, Math.abs(entry * (q[i % headDim] ?? 0)));
    });
  }
  return {
    q: limitOf([q]),
    k: limitOf(all.map(({ k }) => k)),
    product: product || 1,
    v: limitOf(all.map(({ v }) => v)),
  };
}
