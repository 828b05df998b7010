import type { Analysis } from '../graph/analysis';
import { transparent } from '../graph/operatorKinds';

/** Why attention that is computed in bytes is not shown, to be read after “because”. */
export const softmaxOfBytes =
  'it works on bytes (quantised as operators, not with QuantizeLinear and DequantizeLinear around them)';
export const productOfBytes =
  'its queries and keys are multiplied as bytes, and their product is scaled afterwards';

const products = new Set(['MatMulInteger', 'MatMulIntegerToFloat', 'QLinearMatMul']);
/** Scales and casts after a product of bytes are fewer than this. */
const MOST_TENSORS = 24;

/** Whether a softmax reads a product of two tensors of the text that are bytes both. */
export function isProductOfBytes({ index, labels }: Analysis, softmaxInput: string): boolean {
  const seen = new Set([softmaxInput]);
  for (const tensor of seen) {
    const node = index.producer(tensor);
    if (!node || seen.size > MOST_TENSORS) continue;
    if (products.has(node.operator)) {
      const right = node.inputs[node.operator === 'QLinearMatMul' ? 3 : 1];
      if (labels.isHiddenOrPast(node.inputs[0]) && labels.isHiddenOrPast(right)) return true;
    }
    if (!transparent.has(node.operator)) continue;
    for (const input of node.inputs) if (labels.isHidden(input)) seen.add(input);
  }
  return false;
}
