import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { afterSoftmax } from '../graph/operatorKinds';
import { isProduct, outputProduct, type OutputProduct } from './product';

/** Guards, casts, dropout and reshapes between softmax and product are fewer than this. */
const maximumLength = 10;

/** Follows the weights forward to the nearest product with the values. */
export function findOutputProduct(analysis: Analysis, weights: string): OutputProduct | undefined {
  const [product] = outputProducts(analysis, weights);
  return product;
}

/** Whether weights are multiplied with several tensors of the text, as where a later layer takes them over. */
export function areReused(analysis: Analysis, weights: string): boolean {
  const values = outputProducts(analysis, weights).map(({ value }) => value.tensor);
  return new Set(values).size > 1;
}

function outputProducts(analysis: Analysis, weights: string): readonly OutputProduct[] {
  const found: OutputProduct[] = [];
  const seen = new Set([weights]);
  let frontier = [weights];
  for (let length = 0; length <= maximumLength && frontier.length; length++) {
    const next: string[] = [];
    for (const tensor of frontier) {
      for (const node of analysis.index.consumers(tensor)) {
        const product = isProduct(analysis, node) ? outputProduct(node, tensor) : undefined;
        if (product) found.push(product);
        const [output] = node.outputs;
        if (!output || seen.has(output) || !afterSoftmax.has(node.operator)) continue;
        seen.add(output);
        next.push(output);
      }
    }
    frontier = next;
  }
  return found;
}

/** Whether a product is one of weights and values: an operand comes from a softmax. */
export function isWeighted({ index }: Analysis, product: Node): boolean {
  const seen = new Set(product.inputs);
  for (const tensor of seen) {
    const node = index.producer(tensor);
    if (!node) continue;
    if (node.operator === 'Softmax') return true;
    if (!afterSoftmax.has(node.operator) || seen.size > maximumLength) continue;
    for (const input of node.inputs) seen.add(input);
  }
  return false;
}
