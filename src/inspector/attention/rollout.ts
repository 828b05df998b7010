import { isBlocked } from './masks';
import type { Weights } from './weightMap';

/**
 * One step of attention rollout (Abnar & Zuidema 2020, “Quantifying attention flow in
 * transformers”): M · below, where M is ½A + ½I with its rows normalised, and A the mean over the
 * heads of one layer; the lowest layer's rollout is its M. A pair counts as blocked where no path
 * through the layers leads from the query to the key.
 * @param mean A `[tokens, tokens]`
 * @param below the rollout of the layers below this one
 * @param breathe awaited between rows
 */
export async function rolloutStep(
  mean: Weights,
  below: Weights | undefined,
  breathe: () => Promise<void>,
): Promise<Weights> {
  const { queries: size, keys } = mean;
  if (size !== keys) throw new RangeError('rolloutStep needs as many keys as queries');
  const weights = new Float32Array(size * size);
  const maskedScores = new Float32Array(size * size).fill(-Infinity);
  const reachBelow = below && reachOf(below);
  for (let query = 0; query < size; query++) {
    const mixed = mixedRow(mean, query);
    const row = below ? combine(mixed, below.weights, size) : mixed;
    weights.set(row, query * size);
    const reach = reachBelow
      ? combineReach(allowedOf(mean, query), reachBelow)
      : allowedOf(mean, query);
    reach.forEach((isReached, key) => {
      if (isReached === 1) maskedScores[query * size + key] = 0;
    });
    await breathe();
  }
  return { queries: size, keys: size, weights, maskedScores };
}

/** Row of ½A + ½I, normalised. */
function mixedRow({ keys, weights }: Weights, query: number): Float64Array {
  const row = Float64Array.from(weights.subarray(query * keys, (query + 1) * keys), w => w / 2);
  row[query] = (row[query] ?? 0) + 0.5;
  const sum = row.reduce((total, weight) => total + weight, 0);
  return row.map(weight => weight / sum);
}

/** row · matrix, where matrix is `[size, size]`. */
function combine(row: Float64Array, matrix: Float32Array, size: number): Float64Array {
  const output = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    const factor = row[k] ?? 0;
    if (factor === 0) continue;
    const start = k * size;
    for (let key = 0; key < size; key++) {
      output[key] = (output[key] ?? 0) + factor * (matrix[start + key] ?? 0);
    }
  }
  return output;
}

/** 1 where the query may attend, itself always `[keys]`. */
function allowedOf({ keys, maskedScores }: Weights, query: number): Uint8Array {
  const row = maskedScores.subarray(query * keys, (query + 1) * keys);
  const allowed = Uint8Array.from(row, score => (isBlocked(score) ? 0 : 1));
  allowed[query] = 1;
  return allowed;
}

/** Rows of a matrix of yes and no, 32 columns in a number. */
interface Reach {
  readonly size: number;
  readonly stride: number;
  readonly bits: Uint32Array;
}

function reachOf({ queries: size, maskedScores }: Weights): Reach {
  const stride = Math.ceil(size / 32);
  const bits = new Uint32Array(size * stride);
  for (let query = 0, at = 0; query < size; query++) {
    for (let key = 0; key < size; key++, at++) {
      if (isBlocked(maskedScores[at] ?? 0)) continue;
      const word = query * stride + (key >>> 5);
      bits[word] = (bits[word] ?? 0) | (1 << (key & 31));
    }
  }
  return { size, stride, bits };
}

/** Keys that any of the allowed ones reaches. */
function combineReach(allowed: Uint8Array, { size, stride, bits }: Reach): Uint8Array {
  const all = new Uint32Array(stride);
  for (let k = 0; k < size; k++) {
    if (allowed[k] === 0) continue;
    for (let word = 0; word < stride; word++) {
      all[word] = (all[word] ?? 0) | (bits[k * stride + word] ?? 0);
    }
  }
  return Uint8Array.from({ length: size }, (_, key) => ((all[key >>> 5] ?? 0) >>> (key & 31)) & 1);
}
