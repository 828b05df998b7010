import type { Node } from '../file/types';
import type { Analysis } from './analysis';
import { projections, renaming } from './operatorKinds';
import type { Origin } from './site';

/** More nodes than this lie between no projection and its product. */
const maximumNodes = 400;

/** Walks from a query, key or value back to the tensors that were projected to it. */
export function originOf(analysis: Analysis, tensor: string): Origin {
  const { index, labels } = analysis;
  const sources = new Set<string>();
  const passed = new Set<Node>();
  const found = new Set<Node>();
  const seen = new Set([tensor]);
  for (const current of seen) {
    const node = index.producer(current);
    if (!node) {
      if (labels.isHidden(current)) sources.add(current);
    } else if (isProjection(analysis, node)) {
      const projected = node.inputs.find(input => labels.isHidden(input));
      if (projected) sources.add(canonical(analysis, projected));
      found.add(node);
    } else if (node.operator === 'DynamicQuantizeLinear') {
      // Its scale and zero point come from the same activation: walking on would leave the projection.
      sources.add(canonical(analysis, node.inputs[0] ?? ''));
    } else {
      passed.add(node);
      for (const input of node.inputs) if (labels.isHiddenOrPast(input)) seen.add(input);
    }
    if (seen.size > maximumNodes) break;
  }
  const rotary = [...passed].some(node => rotates(analysis, node));
  return { sources, projections: found, rotary, nodes: passed };
}

/** Whether a node multiplies what comes from the text with weights. */
export function isProjection({ labels }: Analysis, node: Node): boolean {
  const [left, right] = node.inputs;
  return projections.has(node.operator) && labels.isHidden(left) !== labels.isHidden(right);
}

/** The tensor that holds the same numbers, as early as possible. */
export function canonical({ index }: Analysis, tensor: string): string {
  for (let step = 0; step < 10; step++) {
    const node = index.producer(tensor);
    const input = node?.inputs[0];
    if (!node || !input || !renaming.has(node.operator)) break;
    tensor = input;
  }
  return tensor;
}

/** Rotations negate half of the vector, or multiply with sines. */
export function rotates(analysis: Analysis, node: Node): boolean {
  if (node.operator === 'RotaryEmbedding' || node.operator === 'Neg') return true;
  if (node.operator !== 'Mul') return false;
  const other = node.inputs.find(input => !analysis.labels.isHidden(input));
  return other !== undefined && trigonometry(analysis, other) !== undefined;
}

/** The sine or cosine that a tensor is a copy of. */
export function trigonometry({ index }: Analysis, tensor: string): Node | undefined {
  const seen = new Set([tensor]);
  for (const current of seen) {
    const node = index.producer(current);
    if (node?.operator === 'Sin' || node?.operator === 'Cos') return node;
    if (!node || seen.size > 20 || !copying.has(node.operator)) continue;
    if (node.inputs[0]) seen.add(node.inputs[0]);
  }
  return undefined;
}

const copying = new Set([
  ...renaming,
  'Concat',
  'Expand',
  'Gather',
  'Mul',
  'Slice',
  'Tile',
  'Transpose',
]);
