import type { FoundSite, Quantity } from '../../onnx/graph/site';
import { permute } from '../../runtime/layout';
import { sizeOf, type Tensor } from '../../runtime/tensor';

type SiteTensors = { readonly [Q in Quantity]?: Tensor };

/**
 * A gate and its product with the head outputs as they belong to these: `[batch, heads, queries, headDim]`,
 * the gate `[batch, heads, queries, 1]` where a head has one number. What does not fit is left out.
 */
export function withGate(
  { gate, gated, ...others }: SiteTensors,
  order: NonNullable<FoundSite['gate']>,
): SiteTensors {
  const shape = others.headOutput?.dims;
  const read = (tensor: Tensor | undefined) =>
    tensor && shape ? ofHeads(tensor, order, shape) : undefined;
  const [placed, product] = [read(gate), read(gated)];
  return {
    ...others,
    ...(placed ? { gate: placed } : {}),
    ...(product ? { gated: product } : {}),
  };
}

function ofHeads(
  { dims, data }: Tensor,
  order: NonNullable<FoundSite['gate']>,
  [batch = 1, heads = 1, queries = 1, headDim = 1]: readonly number[],
): Tensor | undefined {
  const rows = batch * heads * queries;
  const width = data.length === rows ? 1 : headDim;
  if (data.length !== rows * width) return undefined;
  const last = dims.at(-1);
  if (order === 'heads') {
    const isPlaced = last === width && dims.at(-2) === queries;
    return isPlaced ? { dims: [batch, heads, queries, width], data } : undefined;
  }
  const isMerged = last === heads * headDim && width === headDim && dims.at(-2) === queries;
  const isSplit = last === width && dims.at(-2) === heads && dims.at(-3) === queries;
  if (!isMerged && !isSplit) return undefined;
  return permute({ dims: [batch, queries, heads, width], data }, [0, 2, 1, 3]);
}

/**
 * Head outputs as the output projection takes them: each times its gate, where there is one.
 * @param headOutput `[batch, heads, queries, headDim]`
 * @param gate `[batch, heads, queries, headDim or 1]`
 */
export function gatedHeads(headOutput: Tensor, gate: Tensor | undefined): Tensor {
  if (!gate) return headOutput;
  const width = sizeOf(headOutput.dims) / sizeOf(gate.dims);
  const data = headOutput.data.map((value, i) => value * (gate.data[Math.floor(i / width)] ?? NaN));
  return { dims: headOutput.dims, data };
}

/** Largest difference between head outputs · gate and what the graph has there, relative to the largest. */
export function gateError({ headOutput, gate, gated }: SiteTensors): number {
  if (!headOutput || !gate || !gated) return Infinity;
  const ours = gatedHeads(headOutput, gate);
  let [worst, largest] = [0, 1e-6];
  for (const [i, value] of gated.data.entries()) {
    // Numbers that are none are found elsewhere.
    if (!Number.isFinite(value)) continue;
    const difference = Math.abs(value - (ours.data[i] ?? NaN));
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
    largest = Math.max(largest, Math.abs(value));
  }
  return worst / largest;
}
