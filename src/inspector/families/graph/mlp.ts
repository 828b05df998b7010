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

/**
 * Every expert for every token, times its weight, which is 0 where it is not chosen. Softmax over
 * the chosen ones is softmax over all of them, brought to a sum of 1.
 */
function experts(g: ModelBuilder, x: Value, m: Experts, width: number): Value {
  const count = m.experts.length;
  const logits = g.linear(x, m.router, count, width);
  const softmax = (of: Value) => g.op('Softmax', [of], { axis: -1 });
  const [top, chosen] = g.largest(m.normalised ? logits : softmax(logits), m.chosen);
  const weights = m.normalised ? softmax(top) : top;
  const none = g.op('Mul', [logits, g.float(0)]);
  const all = g.op('ScatterElements', [none, chosen, weights], { axis: -1 });
  const each = g.split(
    all,
    Array.from({ length: count }, () => 1),
    -1,
  );
  return m.experts
    .map((expert, i) =>
      g.in(`experts.${i}`, () => g.op('Mul', [mlp(g, x, expert, width), each[i] ?? ''])),
    )
    .reduce((sum, part) => g.op('Add', [sum, part]));
}
