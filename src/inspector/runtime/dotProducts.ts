import type { Tensor } from './tensor';

interface Products {
  readonly key: Tensor;
  readonly scale: number;
  readonly scores: Float64Array;
}

/** The last products of each query: several checks look at the same ones. */
const known = new WeakMap<Tensor, Products>();

/**
 * q·k × scale in float64, with key heads shared among query heads. Not to be changed: the same numbers
 * are given to all who ask for them.
 * @param query `[batch, heads, queries, headDim]`
 * @param key `[batch, keyHeads, keys, headDim]`
 * @returns `[batch, heads, queries, keys]`
 */
export function dotProducts(query: Tensor, key: Tensor, scale: number): Float64Array {
  const last = known.get(query);
  if (last?.key === key && Object.is(last.scale, scale)) return last.scores;
  const scores = multiplied(query, key, scale);
  known.set(query, { key, scale, scores });
  return scores;
}

function multiplied(query: Tensor, key: Tensor, scale: number): Float64Array {
  const [batch = 1, heads = 1, queries = 1, width = 1] = query.dims;
  const [, keyHeads = 1, keys = 1] = key.dims;
  const scores = new Float64Array(batch * heads * queries * keys);
  // Numbers of the query as float64, converted once for all keys.
  const row = new Float64Array(width);
  for (let i = 0; i < batch * heads * queries; i++) {
    const head = Math.floor(i / queries);
    const keyHead =
      Math.floor(head / heads) * keyHeads + Math.floor(((head % heads) * keyHeads) / heads);
    for (let d = 0; d < width; d++) row[d] = query.data[i * width + d] ?? NaN;
    for (let k = 0; k < keys; k++) {
      scores[i * keys + k] = dot(row, key.data, (keyHead * keys + k) * width) * scale;
    }
  }
  return scores;
}

/** Two sums side by side: the processor waits for neither. */
function dot(row: Float64Array, data: Float32Array, at: number): number {
  const { length } = row;
  const even = length - (length % 2);
  let [a, b] = [0, 0];
  for (let d = 0; d < even; d += 2) {
    a += (row[d] ?? NaN) * (data[at + d] ?? NaN);
    b += (row[d + 1] ?? NaN) * (data[at + d + 1] ?? NaN);
  }
  return even < length ? a + b + (row[even] ?? NaN) * (data[at + even] ?? NaN) : a + b;
}
