import { attention } from './attention';
import type { Context, Memory } from './context';
import type { Value } from './graphBuilder';
import { mlp } from './mlp';
import type { ModelBuilder } from './modelBuilder';
import { norm } from './norm';
import type { Layer, Norm } from './spec';

/** One layer: what goes into the next one. */
export function layer(
  g: ModelBuilder,
  x: Value,
  l: Layer,
  width: number,
  context: Context,
  memory?: Memory,
): Value {
  const { cross } = l;
  const normed = (value: Value, n: Norm | undefined) => norm(g, value, n, width);
  const attend = (input: Value) =>
    g.in('attention', () => attention(g, input, l.attention, width, context));
  const feed = (input: Value) => g.in('mlp', () => mlp(g, input, l.mlp, width));
  const add = (to: Value, branch: Value) =>
    g.op('Add', [
      to,
      l.residualScale === undefined ? branch : g.op('Mul', [branch, g.float(l.residualScale)]),
    ]);
  if (l.order === 'parallel') {
    const attended = attend(normed(x, l.attentionNorm));
    return add(x, g.op('Add', [attended, feed(normed(x, l.mlpNorm))]));
  }
  const attendAcross =
    cross && memory
      ? (input: Value) => g.in('cross', () => attention(g, input, cross, width, context, memory))
      : undefined;
  if (l.order === 'post') {
    const attended = normed(add(x, attend(x)), l.attentionNorm);
    const crossed = attendAcross
      ? normed(add(attended, attendAcross(attended)), l.crossNorm)
      : attended;
    return normed(add(crossed, feed(crossed)), l.mlpNorm);
  }
  const attended = add(x, normed(attend(normed(x, l.attentionNorm)), l.attentionOutputNorm));
  const crossed = attendAcross
    ? add(attended, attendAcross(normed(attended, l.crossNorm)))
    : attended;
  return add(crossed, normed(feed(normed(crossed, l.mlpNorm)), l.mlpOutputNorm));
}
