import type { Layout, FoundSite, Quantity } from '../../onnx/graph/site';
import { permute, transposeLast, unpackHeads } from '../../runtime/layout';
import { toTensor, type RuntimeTensors } from '../../runtime/session';
import { sizeOf, type Tensor } from '../../runtime/tensor';

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

/** Scalars that the graph computes and multiplies q·k with. */
export function factorTensors({ scale, refusal }: FoundSite): string[] {
  return refusal ? [] : scale.flatMap(factor => ('tensor' in factor ? factor.tensor : []));
}

/** The product of a site's factors; NaN where one is no single number. */
export function scaleOf(
  { scale }: FoundSite,
  tensors: RuntimeTensors,
  headDim: number | undefined,
): number | undefined {
  let product = 1;
  for (const factor of scale) {
    if ('constant' in factor) product *= factor.constant;
    else if ('perRootHeadDim' in factor) {
      if (headDim === undefined) return undefined;
      product /= Math.sqrt(headDim);
    } else {
      const tensor = tensors[factor.tensor];
      if (!tensor) return undefined;
      const [value = NaN, ...others] = toTensor(tensor).data;
      if (others.length > 0) return NaN;
      product = factor.inverse ? product / value : product * value;
    }
  }
  return product;
}

/**
 * `GroupQueryAttention` leaves memory as it was where a query may not attend: after its own position
 * and after the last valid key. Those weights are 0, those scores -∞.
 * @param last position of the last valid key of each batch row
 */
export function clearUninitialised(
  site: { readonly [Q in Quantity]?: Tensor },
  last: Float32Array | undefined,
): void {
  fillBlocked(site.weights, last, 0);
  fillBlocked(site.maskedScores, last, -Infinity);
}

function fillBlocked(
  tensor: Tensor | undefined,
  last: Float32Array | undefined,
  value: number,
): void {
  if (!tensor) return;
  const [batch = 1, heads = 1, queries = 1, keys = 1] = tensor.dims;
  for (let row = 0; row < batch * heads * queries; row++) {
    const validKeys = (last?.[Math.floor(row / (heads * queries))] ?? keys - 1) + 1;
    const ownPosition = (row % queries) + keys - queries;
    const start = Math.min(ownPosition + 1, validKeys);
    tensor.data.fill(value, row * keys + start, (row + 1) * keys);
  }
}
