import type { Analysis } from '../graph/analysis';
import { projections, transparent } from '../graph/operatorKinds';

/** Steps between a term of the scores and the product that made it. */
const maximumSteps = 16;
/** Bring the products into the order of distances, or take some of them. */
const gathering = new Set(['Gather', 'GatherElements', 'GatherND', 'Pad', 'Slice', 'Concat']);

/**
 * Whether a term of the scores is a product of queries or keys with vectors of positions, as DeBERTa's
 * content-to-position and position-to-content terms are (He et al. 2021, §3.1): everything that it
 * depends on the text by is such a product.
 */
export function isPositionTerm({ constants, index, labels }: Analysis, term: string): boolean {
  const seen = new Set([term]);
  let products = 0;
  for (const tensor of seen) {
    if (!labels.isHidden(tensor)) continue;
    const node = index.producer(tensor);
    if (!node || seen.size > maximumSteps * 4) return false;
    const [left, right] = node.inputs;
    if (projections.has(node.operator)) {
      // One side comes from the text, the other from positions alone.
      if (labels.isHidden(left) === labels.isHidden(right)) return false;
      // A single vector tells no positions apart: what it makes belongs to the token alone.
      const vectors = constants.of(labels.isHidden(left) ? right : left)?.dims ?? [];
      if (node.operator === 'MatMul' && vectors.at(labels.isHidden(left) ? -1 : -2) === 1) {
        return false;
      }
      products++;
    } else if (transparent.has(node.operator) || gathering.has(node.operator)) {
      const data = gathering.has(node.operator) && node.operator !== 'Concat' ? 1 : undefined;
      for (const input of node.inputs.slice(0, data)) if (input) seen.add(input);
    } else return false;
  }
  return products > 0;
}
