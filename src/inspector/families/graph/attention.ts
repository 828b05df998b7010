import type { Context, Memory } from './context';
import type { Value } from './graphBuilder';
import type { ModelBuilder } from './modelBuilder';
import { headNorm, norm } from './norm';
import { rotate } from './rotation';
import { withDistances } from './distances';
import { maskBias, scoreBias } from './scores';
import type { Attention, Linear } from './spec';

/** Queries, keys and values `[batch, heads or key heads, tokens, headDim]`. */
type Projected = readonly [Value, Value, Value];
const HEADS_FIRST = { perm: [0, 2, 1, 3] };

/**
 * @param x `[batch, tokens, width]`
 * @param memory what is attended to instead of the stack's own states
 */
export function attention(
  g: ModelBuilder,
  x: Value,
  a: Attention,
  width: number,
  context: Context,
  memory?: Memory,
): Value {
  const projected = project(g, x, a, width, memory);
  const [queries, keys] = placed(g, projected, a, context);
  const products = scoresOf(g, queries, repeated(g, keys, a), a);
  const scores = withDistances(g, products, queries, keys, a, width, context);
  const biased = a.bias ? g.op('Add', [scores, scoreBias(g, a.bias, a.heads, context)]) : scores;
  const mask = maskBias(g, a.mask, memory?.context ?? context, memory !== undefined);
  const weights = weightsOf(g, g.op('Add', [biased, mask]), a);
  const heads = g.op('MatMul', [weights, repeated(g, projected[2], a)]);
  const size = a.heads * a.headDim;
  const joined = g.op('Reshape', [g.op('Transpose', [heads], HEADS_FIRST), g.ints([0, 0, size])]);
  return g.linear(joined, a.output, width, size);
}

function project(
  g: ModelBuilder,
  x: Value,
  a: Attention,
  width: number,
  memory: Memory | undefined,
): Projected {
  const { projections: p, heads, keyHeads, headDim } = a;
  const [querySize, keySize] = [heads * headDim, keyHeads * headDim];
  if (p.kind === 'separate') {
    const source = memory ?? { states: x, width };
    const ofKeys = (l: Linear) => g.linear(source.states, l, keySize, source.width);
    return split(g, [g.linear(x, p.query, querySize, width), ofKeys(p.key), ofKeys(p.value)], a);
  }
  const fused = g.linear(x, p.fused, querySize + 2 * keySize, width);
  if (p.kind === 'columns') {
    return split(g, g.split(fused, [querySize, keySize, keySize] as const, -1), a);
  }
  if (p.kind === 'blocks') {
    const size = querySize / p.blocks;
    const cut = g.op('Reshape', [fused, g.ints([0, 0, p.blocks, 3, size])]);
    const [queries, values, keys] = g.split(cut, [1, 1, 1] as const, 3);
    const all = (x: Value) => joined(g, x, heads, a);
    return turned(g, [all(queries), all(keys), all(values)], a);
  }
  const group = heads / keyHeads;
  const cut = g.op('Reshape', [fused, g.ints([0, 0, keyHeads, group + 2, headDim])]);
  const [queries, keys, values] = g.split(cut, [group, 1, 1] as const, 3);
  return turned(
    g,
    [joined(g, queries, a.heads, a), joined(g, keys, keyHeads, a), joined(g, values, keyHeads, a)],
    a,
  );
}

/** Joins the groups of the queries of each key head. */
function joined(g: ModelBuilder, x: Value, heads: number, { headDim }: Attention): Value {
  return g.op('Reshape', [x, g.ints([0, 0, heads, headDim])]);
}

/** Cuts `[batch, tokens, heads · headDim]` into heads. */
function split(g: ModelBuilder, [q, k, v]: Projected, a: Attention): Projected {
  const { heads, keyHeads, headDim, qkNorm, clip } = a;
  const overAll = qkNorm?.over === 'all' ? qkNorm : undefined;
  const queries = norm(g, q, overAll?.query, heads * headDim);
  const keys = norm(g, k, overAll?.key, keyHeads * headDim);
  const cut = (value: Value, count: number) =>
    joined(
      g,
      clip === undefined ? value : g.op('Clip', [value, g.float(-clip), g.float(clip)]),
      count,
      a,
    );
  return turned(g, [cut(queries, heads), cut(keys, keyHeads), cut(v, keyHeads)], a);
}

/** Heads before tokens, with the norms that come before the rotation. */
function turned(g: ModelBuilder, [q, k, v]: Projected, a: Attention): Projected {
  const { qkNorm, heads, keyHeads, headDim } = a;
  const own = qkNorm?.over === 'head' && !qkNorm.afterRope ? qkNorm : undefined;
  const queries = own ? headNorm(g, q, own.query, heads, headDim) : q;
  const keys = own ? headNorm(g, k, own.key, keyHeads, headDim) : k;
  const headsFirst = (x: Value) => g.op('Transpose', [x], HEADS_FIRST);
  return [headsFirst(queries), headsFirst(keys), headsFirst(v)];
}

/** Queries and keys with their positions in them. */
function placed(
  g: ModelBuilder,
  [q, k]: Projected,
  { rope, qkNorm, headDim }: Attention,
  { positions }: Context,
): readonly [Value, Value] {
  const turn = (x: Value) =>
    rope && positions !== undefined ? rotate(g, x, rope, headDim, positions) : x;
  const after = qkNorm?.afterRope ? qkNorm : undefined;
  return [norm(g, turn(q), after?.query, headDim), norm(g, turn(k), after?.key, headDim)];
}

/** Key heads that are shared, once for each of their heads: `[batch, heads, keys, headDim]`. */
function repeated(g: ModelBuilder, x: Value, { heads, keyHeads, headDim }: Attention): Value {
  if (heads === keyHeads) return x;
  const shape = g.op(
    'Concat',
    [
      g.op('Shape', [x], { start: 0, end: 2 }),
      g.ints([heads / keyHeads]),
      g.op('Shape', [x], { start: 2 }),
    ],
    { axis: 0 },
  );
  const each = g.op('Expand', [g.op('Unsqueeze', [x, g.ints([2])]), shape]);
  return g.op('Reshape', [each, g.ints([0, heads, -1, headDim])]);
}

function scoresOf(g: ModelBuilder, q: Value, k: Value, { scale, softCap }: Attention): Value {
  const products = g.op('MatMul', [q, g.op('Transpose', [k], { perm: [0, 1, 3, 2] })]);
  const scores = scale === 1 ? products : g.op('Mul', [products, g.float(scale)]);
  if (softCap === undefined) return scores;
  const cap = g.float(softCap);
  return g.op('Mul', [g.op('Tanh', [g.op('Div', [scores, cap])]), cap]);
}

function weightsOf(g: ModelBuilder, scores: Value, { sinks, heads }: Attention): Value {
  if (sinks === undefined) return g.op('Softmax', [scores], { axis: -1 });
  // One column more, which takes weight and is cut off again.
  const sink = g.op('Reshape', [g.stored(sinks, [heads]), g.ints([1, heads, 1, 1])]);
  const shape = g.op('Concat', [g.op('Shape', [scores], { start: 0, end: 3 }), g.ints([1])], {
    axis: 0,
  });
  const column = g.op('Expand', [sink, shape]);
  const weights = g.op('Softmax', [g.op('Concat', [scores, column], { axis: -1 })], { axis: -1 });
  return g.op('Slice', [weights, g.ints([0]), g.ints([-1]), g.ints([-1])]);
}
