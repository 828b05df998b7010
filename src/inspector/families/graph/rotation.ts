import { ElementType } from '../../onnx/file/types';
import type { Value } from './graphBuilder';
import type { ModelBuilder } from './modelBuilder';
import type { Rope } from './spec';

/**
 * Turns pairs of the first dimensions of every head by its token's position; the others pass.
 * @param x `[batch, heads, tokens, headDim]`
 */
export function rotate(
  g: ModelBuilder,
  x: Value,
  rope: Rope,
  headDim: number,
  positions: Value,
): Value {
  const { cos, sin } = angles(g, rope, positions);
  const turned = 2 * rope.frequencies.length;
  const [part, rest] =
    turned === headDim ? [x] : g.split(x, [turned, headDim - turned] as const, -1);
  const other = rope.interleaved ? neighbours(g, part, turned) : halves(g, part, turned);
  const sum = g.op('Add', [g.op('Mul', [part, cos]), g.op('Mul', [other, sin])]);
  return rest === undefined ? sum : g.op('Concat', [sum, rest], { axis: -1 });
}

/** (a, b) → (−b, a) for pairs of neighbours. */
function neighbours(g: ModelBuilder, x: Value, turned: number): Value {
  const pairs = g.op('Reshape', [x, g.ints([0, 0, 0, turned / 2, 2])]);
  const [even, odd] = g.split(pairs, [1, 1] as const, -1);
  const swapped = g.op('Concat', [g.op('Neg', [odd]), even], { axis: -1 });
  return g.op('Reshape', [swapped, g.ints([0, 0, 0, turned])]);
}

/** (a, b) → (−b, a) for the first and the second half. */
function halves(g: ModelBuilder, x: Value, turned: number): Value {
  const [first, second] = g.split(x, [turned / 2, turned / 2] as const, -1);
  return g.op('Concat', [g.op('Neg', [second]), first], { axis: -1 });
}

/** Cosines and sines `[batch, 1, tokens, rotated dims]`, once for all layers that turn alike. */
function angles(g: ModelBuilder, rope: Rope, positions: Value): { cos: Value; sin: Value } {
  const key = `${JSON.stringify(rope)} ${positions}`;
  const angle = g.once(`angles ${key}`, () => {
    const at = g.op('Unsqueeze', [
      g.op('Cast', [positions], { to: ElementType.float }),
      g.ints([1, 3]),
    ]);
    const half = g.op('Mul', [at, frequenciesOf(g, rope, positions)]);
    if (!rope.interleaved) return g.op('Concat', [half, half], { axis: -1 });
    const twice = rope.frequencies.flatMap((_, i) => [i, i]);
    return g.op('Gather', [half, g.ints(twice)], { axis: 3 });
  });
  const scaled = (operator: 'Cos' | 'Sin') =>
    g.once(`${operator} ${key}`, () => {
      const value = g.op(operator, [angle]);
      return rope.scale === 1 ? value : g.op('Mul', [value, g.float(rope.scale)]);
    });
  return { cos: scaled('Cos'), sin: scaled('Sin') };
}

function frequenciesOf(g: ModelBuilder, { frequencies, long }: Rope, positions: Value): Value {
  if (!long) return g.floats(frequencies);
  const last = g.op('ReduceMax', [positions], { keepdims: 0 });
  const isLong = g.op('GreaterOrEqual', [last, g.int(long.after)]);
  return g.op('Where', [isLong, g.floats(long.frequencies), g.floats(frequencies)]);
}
