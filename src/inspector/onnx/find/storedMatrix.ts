import type { StoredTensor } from '../file/types';
import type { Analysis } from '../graph/analysis';

/** Operators that read or make quantised numbers. */
export const quantised = /Quantize|Integer|NBits|Bnb4|QLinear/;
/** Why the weights behind them cannot be read. */
export const isQuantised = 'its weights are stored in a quantised form';
/** More nodes than these lie between no stored matrix and the product with it. */
const maximumLength = 12;

/** A matrix of the graph, perhaps behind casts and transpositions; else why it cannot be read. */
export function storedMatrix(
  { index }: Analysis,
  tensor: string | undefined,
): { readonly tensor: StoredTensor; readonly isTransposed: boolean } | string {
  let isTransposed = false;
  let name = tensor ?? '';
  for (let step = 0; step < maximumLength; step++) {
    const stored = index.graph.initializers.get(name);
    if (stored) {
      if (stored.dims.length === 2) return { tensor: stored, isTransposed };
      return `its weights have the shape [${stored.dims.join(', ')}]`;
    }
    const node = index.producer(name);
    if (!node) break;
    if (quantised.test(node.operator)) return isQuantised;
    if (node.operator === 'Transpose') isTransposed = !isTransposed;
    else if (!['Cast', 'CastLike', 'Identity'].includes(node.operator)) {
      return `its weights are computed by ${node.operator}`;
    }
    name = node.inputs[0] ?? '';
  }
  return 'its weights are not stored in the graph';
}
