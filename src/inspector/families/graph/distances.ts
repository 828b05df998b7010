import type { Context } from './context';
import type { Value } from './graphBuilder';
import type { ModelBuilder } from './modelBuilder';
import { norm } from './norm';
import { distance } from './scores';
import type { Attention, Distances, Linear } from './spec';

/**
 * Scores with what queries and keys make of distances added, where the attention has them
 * (DeBERTa, https://arxiv.org/abs/2006.03654, equation 4).
 * @param q `[batch, heads, tokens, headDim]`, as `k`
 */
export function withDistances(
  g: ModelBuilder,
  scores: Value,
  q: Value,
  k: Value,
  a: Attention,
  width: number,
  context: Context,
): Value {
  const { distances: d } = a;
  if (!d) return scores;
  const key = `rows ${context.ids} ${d.span} ${d.bucketsUpTo ?? ''}`;
  const rows = g.once(key, () => rowsOf(g, d, context));
  const add = (to: Value, found: Value) =>
    g.op('Add', [to, g.op('Mul', [found, g.float(a.scale)])]);
  const byQueries = d.key
    ? add(scores, chosen(g, q, projected(g, d, d.key, a, width), rows))
    : scores;
  if (!d.query) return byQueries;
  const back = chosen(g, k, projected(g, d, d.query, a, width), transposed(g, rows, [1, 0]));
  return add(byQueries, transposed(g, back, [0, 1, 3, 2]));
}

/** The row of the table for each query and key `[queries, keys]`. */
function rowsOf(g: ModelBuilder, d: Distances, context: Context): Value {
  const reach = d.bucketsUpTo ?? d.span;
  // Key − query, and negative ones count from the end: as for the buckets of T5.
  const table = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    rowOf(i <= reach ? -i : 2 * reach + 1 - i, d),
  );
  const near = g.op('Max', [distance(g, context), g.int(-reach)]);
  return g.op('Gather', [g.ints(table), g.op('Min', [near, g.int(reach)])]);
}

/** The row of a distance (query − key). */
export function rowOf(
  distance: number,
  { span, bucketsUpTo }: Pick<Distances, 'span' | 'bucketsUpTo'>,
): number {
  const bucket = bucketsUpTo === undefined ? distance : logBucket(distance, span, bucketsUpTo);
  return Math.min(Math.max(bucket + span, 0), 2 * span - 1);
}

/** Every distance up to half the span, then powers, with the roundings of float32. */
function logBucket(distance: number, span: number, upTo: number): number {
  const middle = Math.floor(span / 2);
  const far = Math.abs(distance);
  if (far <= middle) return distance;
  const f = Math.fround;
  const share = f(f(Math.log(f(far / middle))) / f(Math.log(f((upTo - 1) / middle))));
  return Math.sign(distance) * (Math.ceil(f(share * (middle - 1))) + middle);
}

/** A query or key for each row of the table `[heads, headDim, rows]`. */
function projected(
  g: ModelBuilder,
  { table, span, norm: n }: Distances,
  linear: Linear,
  { heads, headDim }: Attention,
  width: number,
): Value {
  const dims = [2 * span, width] as const;
  const rows = g.once(`table ${table}`, () => norm(g, g.stored(`${table}.weight`, dims), n, width));
  const all = g.linear(rows, linear, heads * headDim, width);
  return transposed(g, g.op('Reshape', [all, g.ints([0, heads, headDim])]), [1, 2, 0]);
}

/** For each of the text's vectors its products with all rows, of which one is taken for each other token. */
function chosen(g: ModelBuilder, x: Value, rows: Value, indices: Value): Value {
  const products = g.op('MatMul', [x, rows]);
  const leading = g.op('Shape', [x], { start: 0, end: 2 });
  const shape = g.op('Concat', [leading, g.op('Shape', [indices])], { axis: 0 });
  return g.op('GatherElements', [products, g.op('Expand', [indices, shape])], { axis: -1 });
}

function transposed(g: ModelBuilder, x: Value, perm: readonly number[]): Value {
  return g.op('Transpose', [x], { perm });
}
