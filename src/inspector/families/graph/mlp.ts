import { activation } from './activation';
import type { Value } from './graphBuilder';
import type { ModelBuilder } from './modelBuilder';
import type { Experts, Mlp } from './spec';

/** @param width numbers of a hidden state */
export function mlp(g: ModelBuilder, x: Value, m: Mlp | Experts, width: number): Value {
  if ('experts' in m) return experts(g, x, m, width);
  if (m.limit !== undefined) return limited(g, x, m, m.limit, width);
  const up = g.linear(x, m.up, m.inner, width);
  const inner = m.gate
    ? g.op('Mul', [activation(g, g.linear(x, m.gate, m.inner, width), m.activation), up])
    : activation(g, up, m.activation);
  return g.linear(inner, m.down, width, m.inner);
}

/** The gate in the even columns, what it lets through in the odd ones, both cut off (gpt-oss). */
function limited(g: ModelBuilder, x: Value, m: Mlp, limit: number, width: number): Value {
  const both = g.linear(x, m.up, 2 * m.inner, width);
  const pairs = g.op('Reshape', [both, g.ints([0, 0, -1, 2])]);
  const [gates, ups] = g.split(pairs, [1, 1] as const, -1);
  const gate = g.op('Squeeze', [gates, g.ints([-1])]);
  const up = g.op('Squeeze', [ups, g.ints([-1])]);
  const open = g.op('Add', [g.op('Clip', [up, g.float(-limit), g.float(limit)]), g.float(1)]);
  const cut = activation(g, g.op('Clip', [gate, '', g.float(limit)]), m.activation);
  return g.linear(g.op('Mul', [open, cut]), m.down, width, m.inner);
}

/** Every expert for every token, times its weight, which is 0 where it is not chosen. */
function experts(g: ModelBuilder, x: Value, m: Experts, width: number): Value {
  const count = m.experts.length;
  const weights = expertWeights(g, g.linear(x, m.router, count, width), m);
  const each = g.split(
    weights,
    Array.from({ length: count }, () => 1),
    -1,
  );
  const parts = m.experts.map((expert, i) =>
    g.in(`experts.${i}`, () => g.op('Mul', [mlp(g, x, expert, width), each[i] ?? ''])),
  );
  const all = m.shared ? [...parts, sharedExpert(g, x, m.shared, width)] : parts;
  return all.reduce((sum, part) => g.op('Add', [sum, part]));
}

/** Weights of all experts `[batch, tokens, experts]`. */
function expertWeights(g: ModelBuilder, logits: Value, { weighing, chosen }: Experts): Value {
  const none = g.op('Mul', [logits, g.float(0)]);
  const put = (to: Value, at: Value, values: Value) =>
    g.op('ScatterElements', [to, at, values], { axis: -1 });
  if (typeof weighing === 'object') {
    let [rest, weights] = [logits, none];
    for (let i = 0; i < chosen; i++) {
      const { best, weight } = nearBest(g, logits, rest, weighing.nearBest);
      weights = put(weights, best, weight);
      rest = put(rest, best, g.op('Add', [g.op('Mul', [weight, g.float(0)]), g.float(-Infinity)]));
    }
    return weights;
  }
  const softmax = (of: Value) => g.op('Softmax', [of], { axis: -1 });
  // Softmax over the chosen ones is softmax over all of them, brought to a sum of 1.
  const [top, best] = g.largest(weighing === 'chosen' ? logits : softmax(logits), chosen);
  return put(none, best, weighing === 'chosen' ? softmax(top) : top);
}

/** The best of those that are left, and its share among those that come near it. */
function nearBest(
  g: ModelBuilder,
  logits: Value,
  left: Value,
  margin: number,
): { readonly best: Value; readonly weight: Value } {
  const [most, best] = g.largest(left, 1);
  const size = g.op('Max', [g.op('Abs', [logits]), most]);
  const behind = g.op('Div', [g.op('Sub', [most, logits]), size]);
  const isFar = g.op('Greater', [behind, g.float(margin)]);
  const shares = g.op('Softmax', [g.op('Where', [isFar, g.float(-Infinity), left])], { axis: -1 });
  return { best, weight: g.op('GatherElements', [shares, best], { axis: -1 }) };
}

function sharedExpert(
  g: ModelBuilder,
  x: Value,
  { mlp: shared, gate }: NonNullable<Experts['shared']>,
  width: number,
): Value {
  const output = g.in('experts.shared', () => mlp(g, x, shared, width));
  if (!gate) return output;
  return g.op('Mul', [output, g.op('Sigmoid', [g.linear(x, gate, 1, width)])]);
}
