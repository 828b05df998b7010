import type { Analysis } from './analysis';
import { afterSoftmax } from './operatorKinds';
import { isProduct, outputProduct, type OutputProduct } from './product';
import type { Node } from './types';

/** Guards, casts, dropout and reshapes between softmax and product are fewer than this. */
const maximumLength = 10;

/** Follows the weights forward to the nearest product with the values. */
export function findOutputProduct(analysis: Analysis, weights: string): OutputProduct | undefined {
  const seen = new Set([weights]);
  let frontier = [weights];
  for (let length = 0; length <= maximumLength && frontier.length; length++) {
    const next: string[] = [];
    for (const tensor of frontier) {
      for (const node of analysis.index.consumers(tensor)) {
        if (isProduct(analysis, node)) {
          const product = outputProduct(node, tensor);
          if (product) return product;
        }
        const [output] = node.outputs;
        if (!output || seen.has(output) || !afterSoftmax.has(node.operator)) continue;
        seen.add(output);
        next.push(output);
      }
    }
    frontier = next;
  }
  return undefined;
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
