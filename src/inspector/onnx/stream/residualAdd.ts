import type { Node } from '../file/types';
import { peelScale } from '../find/scaling';
import type { Analysis } from '../graph/analysis';
import { ROOT, type Dominators } from '../graph/dominators';
import { isSkipNormalization } from '../graph/operatorKinds';
import { canonical } from '../graph/origin';

/** Sums inside a sum, at most. */
const MOST_SUMS = 4;

/**
 * Whether a node adds to the residual stream: one of its summands is the stream itself, which every path to
 * the sum passes. A product that is written as two terms has none.
 */
export function isResidualAdd(
  analysis: Analysis,
  dominators: Dominators,
  position: number,
): boolean {
  const { index, labels } = analysis;
  const node = index.nodes[position];
  if (!node) return false;
  if (isSkipNormalization(node.operator)) return true;
  const hidden = node.inputs.filter(input => labels.isHidden(input));
  if ((node.operator !== 'Add' && node.operator !== 'Sum') || hidden.length < 2) return false;
  return summands(analysis, node, 0).includes(dominators.immediate(position));
}

/** Producers of what a sum of sums adds up, scalars aside. */
function summands(analysis: Analysis, node: Node, depth: number): readonly number[] {
  const { index, labels } = analysis;
  return node.inputs
    .filter(input => labels.isHidden(input))
    .flatMap(input => {
      const plain = canonical(analysis, peelScale(analysis, canonical(analysis, input)).tensor);
      const before = index.producer(plain);
      // The stream may have been cast or reshaped on its way.
      const own = [input, plain].map(tensor => {
        const producer = index.producer(tensor);
        return producer ? index.order(producer) : ROOT;
      });
      const isSum = before && (before.operator === 'Add' || before.operator === 'Sum');
      return isSum && depth < MOST_SUMS ? [...own, ...summands(analysis, before, depth + 1)] : own;
    });
}
