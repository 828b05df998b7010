import type { ModelCard } from '../../../protocol/model';
import { elementSize } from '../../onnx/file/elements';
import { ElementType, type Model, type Node } from '../../onnx/file/types';
import { usedWeights } from '../../onnx/file/usedWeights';
import { sizeOf } from '../../runtime/tensor';

/** Operators that multiply with weights of four bits, or of as many as they say. */
const fourBits = new Set(['MatMulNBits', 'MatMulBnb4', 'GatherBlockQuantized']);

/** Part of a model's weights that are stored in few bits where it counts as quantised. */
const QUANTISED = 0.1;

/** The precision that most of the weights that take part are stored in. */
export function precisionOf({ graph }: Model): ModelCard['precision'] {
  const bytes = new Map<ModelCard['precision'], number>();
  const elements = { int4: 0, int8: 0, all: 0 };
  const packed = new Set(
    graph.nodes
      .filter(node => fourBits.has(node.operator) && bitsOf(node) === 4)
      .flatMap(({ inputs }) => inputs),
  );
  for (const tensor of usedWeights(graph)) {
    const kind =
      packed.has(tensor.name) && isInteger(tensor.elementType)
        ? 'int4'
        : kindOf(tensor.elementType);
    const size = sizeOf(tensor.dims) * elementSize(tensor.elementType);
    if (!kind || size <= 256) continue;
    const count = kind === 'int4' ? 2 * size : sizeOf(tensor.dims);
    elements.all += count;
    if (kind === 'int4' || kind === 'int8') elements[kind] += count;
    else bytes.set(kind, (bytes.get(kind) ?? 0) + size);
  }
  for (const kind of ['int4', 'int8'] as const) {
    if (elements[kind] > QUANTISED * elements.all) return kind;
  }
  const kinds = [...bytes].sort(([, a], [, b]) => b - a);
  const [first, second] = kinds;
  if (!first) return 'float32';
  return second && second[1] > first[1] / 10 ? 'mixed' : first[0];
}

function bitsOf({ attributes }: Node): number {
  return attributes.get('bits')?.int ?? 4;
}

function isInteger(elementType: number): boolean {
  return kindOf(elementType) === 'int8' || kindOf(elementType) === 'int4';
}

function kindOf(elementType: number): ModelCard['precision'] | undefined {
  switch (elementType) {
    case ElementType.float:
    case ElementType.double:
      return 'float32';
    case ElementType.float16:
      return 'float16';
    case ElementType.bfloat16:
      return 'bfloat16';
    case ElementType.int8:
    case ElementType.uint8:
      return 'int8';
    case ElementType.int4:
    case ElementType.uint4:
      return 'int4';
    default:
      return undefined;
  }
}
