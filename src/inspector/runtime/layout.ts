import { sizeOf, type Tensor } from './tensor';

/** Swaps the last two dimensions. */
export function transposeLast({ dims, data }: Tensor): Tensor {
  const columns = dims.at(-1) ?? 1;
  const rows = dims.at(-2) ?? 1;
  const out = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += rows * columns) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        out[start + column * rows + row] = data[start + row * columns + column] ?? 0;
      }
    }
  }
  return { dims: [...dims.slice(0, -2), columns, rows], data: out };
}

/** Reorders dimensions: `order[i]` is the dimension of the input that comes i-th. */
export function permute({ dims, data }: Tensor, order: readonly number[]): Tensor {
  const shape = order.map(dim => dims[dim] ?? 1);
  const strides = order.map(dim => sizeOf(dims.slice(dim + 1)));
  const out = new Float32Array(data.length);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] ?? 0;
    for (let i = shape.length - 1; i >= 0; i--) {
      const stride = strides[i] ?? 0;
      const next = (index[i] ?? 0) + 1;
      from += stride;
      index[i] = next;
      if (next < (shape[i] ?? 0)) break;
      from -= stride * next;
      index[i] = 0;
    }
  }
  return { dims: shape, data: out };
}

/** `[batch, rows, heads · columns]` as `[batch, heads, rows, columns]`. */
export function unpackHeads({ dims, data }: Tensor, heads: number): Tensor {
  const [batch = 1, rows = 1, width = 1] = dims.length === 3 ? dims : [1, ...dims];
  const split = { dims: [batch, rows, heads, width / heads], data };
  return permute(split, [0, 2, 1, 3]);
}
