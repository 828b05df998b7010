import type { Node } from '../file/types';
import type { Constants } from './constants';
import type { GraphIndex } from './graphIndex';
import { renaming } from './operatorKinds';

/** More nodes than these do not lie between a past and the attention that reads it. */
const MOST_NODES = 12;

/**
 * The width of the keys and values that an input for the past takes, where the file leaves it open: what
 * the projection before its attention gives, by the number of heads. Undefined where the graph tells
 * nothing.
 */
export function pastWidth(
  past: string,
  index: GraphIndex,
  constants: Constants,
): number | undefined {
  const seen = new Set([past]);
  for (const tensor of seen) {
    for (const node of index.consumers(tensor)) {
      const heads = node.attributes.get('num_heads')?.int;
      if (heads) return widthOf(node, heads, index, constants);
      for (const output of seen.size < MOST_NODES ? node.outputs : []) if (output) seen.add(output);
    }
  }
  return undefined;
}

function widthOf(
  { inputs, attributes }: Node,
  heads: number,
  index: GraphIndex,
  constants: Constants,
): number | undefined {
  const keyHeads = attributes.get('kv_num_heads')?.int ?? heads;
  const [packed, key] = inputs;
  const width = projectedWidth(key ? key : packed, index, constants);
  const all = key ? keyHeads : heads + 2 * keyHeads;
  return width !== undefined && width % all === 0 ? width / all : undefined;
}

/** Numbers that the projection behind a tensor gives each token. */
function projectedWidth(
  tensor: string | undefined,
  index: GraphIndex,
  constants: Constants,
): number | undefined {
  let current = tensor;
  for (let step = 0; step < MOST_NODES; step++) {
    const node = index.producer(current);
    if (!node) return undefined;
    const [first, second] = node.inputs;
    if (node.operator === 'MatMulNBits') return node.attributes.get('N')?.int;
    if (node.operator === 'MatMul') return constants.of(second)?.dims.at(-1);
    if (node.operator === 'Add') current = constants.of(first) ? second : first;
    else if (renaming.has(node.operator)) current = first;
    else return undefined;
  }
  return undefined;
}
