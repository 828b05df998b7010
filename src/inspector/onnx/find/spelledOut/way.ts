import type { Node } from '../../file/types';
import type { Analysis } from '../../graph/analysis';
import type { GraphIndex } from '../../graph/graphIndex';
import { isProjection } from '../../graph/origin';

/** Operators that keep the numbers that they are given: they turn, repeat or fill them up. */
const shaping = new Set([
  'Cast',
  'CastLike',
  'Dropout',
  'Expand',
  'Flatten',
  'Identity',
  'Pad',
  'Reshape',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
]);
/** A norm and an activation are no longer than this. */
const MOST_STEPS = 16;

export const isShaping = ({ operator }: Node): boolean => shaping.has(operator);

/** How a tensor came from the one whose numbers it holds. */
export interface Way {
  readonly base: string;
  /** From the base on. */
  readonly nodes: readonly Node[];
}

export function wayTo(index: GraphIndex, tensor: string): Way {
  const nodes: Node[] = [];
  let base = tensor;
  for (let node = index.producer(base); node && isShaping(node); node = index.producer(base)) {
    const [input] = node.inputs;
    if (!input) break;
    nodes.unshift(node);
    base = input;
  }
  return { base, nodes };
}

/** Whether a tensor ends in one number for each head, spread over its vector. */
export function isSpread({ nodes }: Way): boolean {
  const last = nodes.findLast(({ operator }) => operator !== 'Cast' && operator !== 'Pad');
  return last?.operator === 'Unsqueeze';
}

/** Whether a tensor is computed from another one alone: its norm, its sigmoid. */
export function followsFrom(analysis: Analysis, tensor: string, source: string): boolean {
  const { base } = wayTo(analysis.index, source);
  let current = tensor;
  for (let step = 0; step < MOST_STEPS; step++) {
    current = wayTo(analysis.index, current).base;
    if (current === base) return true;
    const before = textBefore(analysis, current);
    if (before === undefined) return false;
    current = before;
  }
  return false;
}

/** A tensor of one vector for each head and token, where it is not yet cut into chunks. */
export interface HeadsTensor {
  readonly tensor: string;
  /** `[batch, heads, tokens, width]` instead of `[batch, tokens, heads, width]`. */
  readonly isHeadsFirst: boolean;
}

export function beforeChunks(analysis: Analysis, { base, nodes }: Way): HeadsTensor {
  let tensor = base;
  let isHeadsFirst = isTurned(analysis, base);
  for (const node of nodes) {
    const turns = node.operator === 'Transpose';
    if (node.operator === 'Pad' || (turns && !swapsHeads(node))) break;
    if (turns) isHeadsFirst = !isHeadsFirst;
    tensor = node.outputs[0] ?? tensor;
  }
  return { tensor, isHeadsFirst };
}

/** Whether heads stand before tokens in what a tensor is computed from. */
function isTurned(analysis: Analysis, tensor: string): boolean {
  let isHeadsFirst = false;
  let current: string | undefined = tensor;
  for (let step = 0; step < MOST_STEPS && current !== undefined; step++) {
    const node = analysis.index.producer(current);
    if (node && swapsHeads(node)) isHeadsFirst = !isHeadsFirst;
    current = textBefore(analysis, current);
  }
  return isHeadsFirst;
}

/** What a tensor is computed from, as far as that is one part of the text's vectors. */
function textBefore(analysis: Analysis, tensor: string): string | undefined {
  const node = analysis.index.producer(tensor);
  if (!node || node.operator === 'Split' || isProjection(analysis, node)) return undefined;
  return node.inputs.find(input => analysis.labels.isHidden(input));
}

/** Whether a node swaps heads and tokens. */
export function swapsHeads({ operator, attributes }: Node): boolean {
  return operator === 'Transpose' && attributes.get('perm')?.ints?.join() === '0,2,1,3';
}
