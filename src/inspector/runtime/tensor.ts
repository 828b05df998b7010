/** A dense float32 tensor in row-major order. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Number of elements that `dims` describes. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** The first `count` entries of one dimension; the tensor itself where it has no more. */
export function firstOf(tensor: Tensor, axis: number, count: number): Tensor {
  const { dims, data } = tensor;
  const size = dims[axis] ?? 0;
  if (size <= count) return tensor;
  const inner = sizeOf(dims.slice(axis + 1));
  const outer = sizeOf(dims.slice(0, axis));
  const taken = new Float32Array(outer * count * inner);
  for (let i = 0; i < outer; i++) {
    const start = i * size * inner;
    taken.set(data.subarray(start, start + count * inner), i * count * inner);
  }
  return { dims: dims.map((dim, i) => (i === axis ? count : dim)), data: taken };
}
