import type { Projection } from '../model/projection';
import type { Tensor } from '../runtime/tensor';

/**
 * headOutput · W_O of one head and query: what the head adds to the residual stream `[modelDim]`.
 * The heads' parts sum to the layer's without its bias (Elhage et al. 2021).
 * @param headOutput `[1, heads, queries, headDim]`
 */
export function fromHead(
  headOutput: Tensor,
  { weights, modelDim }: Projection,
  head: number,
  query: number,
): Float32Array {
  const [, , queries = 0, headDim = 0] = headOutput.dims;
  const z = (head * queries + query) * headDim;
  const sums = new Float64Array(modelDim);
  for (let i = 0; i < headDim; i++) {
    const entry = headOutput.data[z + i] ?? NaN;
    const row = (head * headDim + i) * modelDim;
    for (let d = 0; d < modelDim; d++) sums[d] = (sums[d] ?? 0) + entry * (weights[row + d] ?? NaN);
  }
  return Float32Array.from(sums);
}

/** The parts of all heads of a layer for one query, and what they and the bias sum to. */
export function fromLayer(headOutput: Tensor, projection: Projection, query: number) {
  const heads = headOutput.dims[1] ?? 0;
  const sums = Float64Array.from(
    { length: projection.modelDim },
    (_, d) => projection.bias?.[d] ?? 0,
  );
  const normOfHeads = new Float32Array(heads);
  for (let head = 0; head < heads; head++) {
    const part = fromHead(headOutput, projection, head, query);
    normOfHeads[head] = norm(part);
    part.forEach((value, d) => (sums[d] = (sums[d] ?? 0) + value));
  }
  return { fromLayer: Float32Array.from(sums), normOfHeads };
}

/** Euclidean length. */
export function norm(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
