import { ElementType } from '../file/types';
import type { GraphIndex } from './graphIndex';

/** Operators whose result has the type of another input than the first. */
const typedBy: Readonly<Record<string, number>> = {
  CastLike: 1,
  DequantizeLinear: 1,
  EmbedLayerNormalization: 2,
  GatherBlockQuantized: 2,
  MatMulIntegerToFloat: 2,
  OneHot: 2,
  Where: 1,
};

/** Element type of a floating-point activation, found by walking back to where it is declared. */
export function elementTypeOf(index: GraphIndex, tensor: string): number {
  const declared = new Map(index.graph.inputs.map(({ name, elementType }) => [name, elementType]));
  const seen = new Set([tensor]);
  for (const current of seen) {
    const stored = index.graph.initializers.get(current);
    if (stored) return stored.elementType;
    const input = declared.get(current);
    if (input) return input;
    const node = index.producer(current);
    if (!node) continue;
    if (node.operator === 'Cast') return node.attributes.get('to')?.int ?? ElementType.float;
    const next = node.inputs[typedBy[node.operator] ?? 0];
    if (next) seen.add(next);
  }
  return ElementType.float;
}
