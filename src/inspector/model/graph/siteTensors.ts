import type { Layout, FoundSite } from '../../onnx/graph/site';
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
    case 'column':
      return fourDimensional(column(tensor, layout.at), batch);
    case 'plain':
      return tensor;
  }
}

/** One column `[…, rows, 1]`. */
function column({ dims, data }: Tensor, at: 'first' | 'last'): Tensor {
  const width = dims.at(-1) ?? 1;
  const taken = new Float32Array(data.length / width);
  const offset = at === 'first' ? 0 : width - 1;
  for (let row = 0; row < taken.length; row++) taken[row] = data[row * width + offset] ?? NaN;
  return { dims: [...dims.slice(0, -1), 1], data: taken };
}

/**
 * What the 1 takes where exponentials are divided by 1 + Σ exp: its share of each row.
 * @param maskedScores `[batch, heads, queries, keys]`
 * @returns `[batch, heads, queries, 1]`
 */
export function shareOfOne({ dims, data }: Tensor): Tensor {
  const keys = dims.at(-1) ?? 1;
  const shares = new Float32Array(data.length / keys);
  for (let row = 0; row < shares.length; row++) {
    const scores = data.subarray(row * keys, (row + 1) * keys);
    const largest = scores.reduce((a, b) => Math.max(a, b), 0);
    const own = Math.exp(-largest);
    shares[row] = own / scores.reduce((sum, score) => sum + Math.exp(score - largest), own);
  }
  return { dims: [...dims.slice(0, -1), 1], data: shares };
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

/** Some of the tensors of a run; those that it does not have are left out. */
export function picked(tensors: RuntimeTensors, names: readonly string[]): RuntimeTensors {
  return Object.fromEntries(
    names.flatMap(name => {
      const tensor = tensors[name];
      return tensor ? [[name, tensor] as const] : [];
    }),
  );
}
