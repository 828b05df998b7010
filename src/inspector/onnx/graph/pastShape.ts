import type { Node } from '../file/types';
import type { Constants } from './constants';
import type { GraphIndex } from './graphIndex';
import { renaming } from './operatorKinds';

/** More nodes than these do not lie between a past and the attention that reads it. */
const MOST_NODES = 12;

/** What the graph tells of an input for the past where its own shape leaves that open. */
export interface PastShape {
  /** Numbers of a key or value: what the projection before its attention gives, by the number of heads. */
  readonly width?: number;
  /** Keys of a buffer that slides over the text, which has its size from the start; none of others. */
  readonly room: number;
}

/** Finds what the attention that reads an input for the past tells of its shape. */
export function pastShape(past: string, index: GraphIndex, constants: Constants): PastShape {
  const seen = new Set([past]);
  for (const tensor of seen) {
    for (const node of index.consumers(tensor)) {
      const heads = node.attributes.get('num_heads')?.int;
      if (heads) {
        const width = widthOf(node, heads, index, constants);
        return { ...(width === undefined ? {} : { width }), room: roomOf(node) };
      }
      for (const output of seen.size < MOST_NODES ? node.outputs : []) if (output) seen.add(output);
    }
  }
  return { room: 0 };
}

/** `GroupQueryAttention` may keep the last keys only, as many as its window has. */
function roomOf({ attributes }: Node): number {
  const slides = attributes.get('sliding_window_cache')?.int === 1;
  return slides ? Math.max(0, attributes.get('local_window_size')?.int ?? 0) : 0;
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
