import { permute, transposeLast, unpackHeads } from '../runtime/layout';
import { sizeOf, type Tensor } from '../runtime/tensor';
import type { Layout } from '../onnx/site';

/** Brings a tensor of the graph into the form `[batch, heads, rows, columns]`; plain ones stay as they are. */
export function readView(tensor: Tensor, layout: Layout, batch: number): Tensor {
  switch (layout.kind) {
    case 'heads':
      return fourDimensional(tensor, batch);
    case 'transposed':
      return fourDimensional(transposeLast(tensor), batch);
    case 'packed':
      return tensor.dims.length === 4
        ? fourDimensional(tensor, batch)
        : unpackHeads(tensor, layout.heads);
    case 'permuted':
      return fourDimensional(permute(tensor, layout.order), batch);
    case 'plain':
      return tensor;
  }
}

/** Exporters merge batch and heads, split heads into groups, or drop a batch of one. */
function fourDimensional({ dims, data }: Tensor, batch: number): Tensor {
  const lead = sizeOf(dims.slice(0, -2));
  return { dims: [batch, lead / batch, ...dims.slice(-2)], data };
}
