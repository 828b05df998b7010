import { InspectorError } from '../../../protocol/errors';
import type { Value } from './graphBuilder';
import type { ModelBuilder } from './modelBuilder';
import type { Norm } from './spec';

/** A norm over the last dimension, of `width` numbers; the value as it is where there is none. */
export function norm(g: ModelBuilder, x: Value, n: Norm | undefined, width: number): Value {
  if (!n) return x;
  if (!(n.epsilon >= 0 && n.epsilon <= 1)) throw strangeEpsilon(n.epsilon);
  if (n.name === undefined) return normalised(g, x, n);
  const scale = factor(g, n, `${n.name}.weight`, [width]);
  if (n.kind === 'rms') return g.op('Mul', [normalised(g, x, n), scale]);
  const bias = `${n.name}.bias`;
  const inputs = [x, scale, ...(g.has(bias) ? [g.stored(bias, [width])] : [])];
  return g.op('LayerNormalization', inputs, { axis: -1, epsilon: { float: n.epsilon } });
}

function strangeEpsilon(epsilon: number): InspectorError {
  return new InspectorError(
    'model-unsupported',
    `config.json has norms with an epsilon of ${epsilon}, which must be between 0 and 1: check the file.`,
  );
}

/**
 * A norm over the numbers of each head.
 * @param x `[batch, tokens, heads, headDim]`, or with heads before tokens where they share weights
 */
export function headNorm(
  g: ModelBuilder,
  x: Value,
  n: Norm,
  heads: number,
  headDim: number,
): Value {
  const weight = n.name === undefined ? undefined : `${n.name}.weight`;
  if (weight === undefined || g.dimsOf(weight).length < 2) return norm(g, x, n, headDim);
  return g.op('Mul', [normalised(g, x, n), factor(g, n, weight, [heads, headDim])]);
}

function factor(g: ModelBuilder, n: Norm, weight: string, dims: readonly number[]): Value {
  const stored = g.stored(weight, dims);
  if (!n.plusOne) return stored;
  return g.once(`1 + ${stored}`, () => g.op('Add', [stored, g.float(1)]));
}

/** (x − mean) / √(variance + ε), for `rms` without the mean. */
function normalised(g: ModelBuilder, x: Value, { kind, epsilon }: Norm): Value {
  const mean = (of: Value) => g.op('ReduceMean', [of, g.ints([-1])]);
  const centred = kind === 'layer' ? g.op('Sub', [x, mean(x)]) : x;
  const variance = mean(g.op('Mul', [centred, centred]));
  return g.op('Div', [centred, g.op('Sqrt', [g.op('Add', [variance, g.float(epsilon)])])]);
}
