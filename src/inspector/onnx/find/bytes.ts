import type { Analysis } from '../graph/analysis';
import { transparent } from '../graph/operatorKinds';

/** Why attention that is computed in bytes is not shown, to be read after “because”. */
export const softmaxOfBytes =
  'it works on bytes (quantised as operators, not with QuantizeLinear and DequantizeLinear around them)';

const scaledAfter =
  'its queries and keys are multiplied as bytes, and their product is scaled afterwards';
const products: Readonly<Record<string, string>> = {
  MatMulInteger: scaledAfter,
  MatMulIntegerToFloat: scaledAfter,
  QLinearMatMul:
    'its queries and keys are multiplied as bytes, and their product is rounded to bytes',
};
/** Scales and casts after a product of bytes are fewer than this. */
const MOST_TENSORS = 24;

/** Why a softmax that reads a product of two tensors of the text that are bytes both is not shown. */
export function productOfBytes(
  { index, labels }: Analysis,
  softmaxInput: string,
): string | undefined {
  const seen = new Set([softmaxInput]);
  for (const tensor of seen) {
    const node = index.producer(tensor);
    if (!node || seen.size > MOST_TENSORS) continue;
    const reason = products[node.operator];
    if (reason !== undefined) {
      const right = node.inputs[node.operator === 'QLinearMatMul' ? 3 : 1];
      if (labels.isHiddenOrPast(node.inputs[0]) && labels.isHiddenOrPast(right)) return reason;
    }
    if (!transparent.has(node.operator)) continue;
    for (const input of node.inputs) if (labels.isHidden(input)) seen.add(input);
  }
  return undefined;
}
