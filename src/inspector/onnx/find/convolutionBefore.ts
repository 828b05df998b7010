import type { Analysis } from '../graph/analysis';
import { isProjection } from '../graph/origin';

const convolutions = new Set(['CausalConvWithState', 'Conv', 'FusedConv']);
/** Splits, activations and masks between a convolution and what it is for are fewer. */
const MOST_NODES = 40;

/** The operator of the short convolution along the text that a tensor came through, if there is one. */
export function convolutionBefore(analysis: Analysis, tensor: string): string | undefined {
  const { index, labels } = analysis;
  const seen = new Set([tensor]);
  for (const current of seen) {
    const node = index.producer(current);
    if (!node) continue;
    const kernel = node.attributes.get('kernel_shape')?.ints;
    const isPointwise = kernel?.every(size => size === 1) === true;
    if (convolutions.has(node.operator) && !isPointwise) return node.operator;
    if (isProjection(analysis, node)) continue;
    for (const input of node.inputs) if (labels.isHidden(input)) seen.add(input);
    if (seen.size > MOST_NODES) break;
  }
  return undefined;
}
