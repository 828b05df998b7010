import { ElementType } from '../../onnx/file/types';
import { indices, type Context } from './context';
import type { Value } from './graphBuilder';
import type { ModelBuilder } from './modelBuilder';
import type { Mask, ScoreBias } from './spec';

const LOWEST = -3.4028234663852886e38;

/**
 * 0 where a query may attend, the lowest number elsewhere `[batch, 1, 1 or queries, keys]`.
 * @param keys of the text that is attended to
 * @param isCross from another text, whose order says nothing of this one's
 */
export function maskBias(g: ModelBuilder, mask: Mask, keys: Context, isCross: boolean): Value {
  return g.once(`mask ${keys.ids} ${isCross} ${JSON.stringify(mask)}`, () => {
    const kept = g.op('Cast', [keys.keep], { to: ElementType.bool });
    const conditions = [
      g.op('Unsqueeze', [kept, g.ints([1, 2])]),
      ...(mask.hidesPadding ? [g.op('Unsqueeze', [kept, g.ints([1, 3])])] : []),
      ...(isCross ? [] : distances(g, mask, keys)),
    ];
    const allowed = conditions.reduce((all, each) => g.op('And', [all, each]));
    return g.op('Where', [allowed, g.float(0), g.float(LOWEST)]);
  });
}

/** What a mask asks of the distances between queries and keys. */
function distances(g: ModelBuilder, { causal, window }: Mask, context: Context): Value[] {
  const conditions: Value[] = [];
  if (causal) conditions.push(g.op('LessOrEqual', [distance(g, context), g.int(0)]));
  if (window === undefined) return conditions;
  const reach = causal ? window - 1 : window;
  conditions.push(g.op('GreaterOrEqual', [distance(g, context), g.int(-reach)]));
  if (!causal) conditions.push(g.op('LessOrEqual', [distance(g, context), g.int(reach)]));
  return conditions;
}

/** Key index − query index `[queries, keys]`. */
export function distance(g: ModelBuilder, { ids }: Context): Value {
  return g.once(`distance ${ids}`, () => {
    const at = indices(g, ids);
    return g.op('Sub', [
      g.op('Unsqueeze', [at, g.ints([0])]),
      g.op('Unsqueeze', [at, g.ints([1])]),
    ]);
  });
}

/** What is added to the scores for the sake of positions `[batch or 1, heads, 1 or queries, keys]`. */
export function scoreBias(
  g: ModelBuilder,
  bias: ScoreBias,
  heads: number,
  context: Context,
): Value {
  return g.once(`bias ${context.ids} ${JSON.stringify(bias)}`, () =>
    bias.kind === 'alibi' ? alibi(g, bias, context) : bucketBias(g, bias, heads, context),
  );
}

type Alibi = Extract<ScoreBias, { kind: 'alibi' }>;

function alibi(g: ModelBuilder, bias: Alibi, context: Context): Value {
  const { slopes, from, rounded, factor } = bias;
  const rounding = (x: Value) => (rounded ? toBfloat16(g, x) : x);
  const positions = from === 'end' ? beforeEnd(g, context) : countedKeys(g, context);
  const at = rounding(g.op('Cast', [positions], { to: ElementType.float }));
  const scaled = rounding(g.op('Mul', [g.floats(slopes, [1, slopes.length, 1, 1]), at]));
  return factor === undefined ? scaled : g.op('Mul', [scaled, g.float(factor)]);
}

/** Each key's place among what is no padding, counted from 0 `[batch, 1, 1, keys]`. */
function countedKeys(g: ModelBuilder, { keep }: Context): Value {
  const count = g.op('Sub', [g.op('CumSum', [keep, g.int(1)]), g.int(1)]);
  return g.op('Unsqueeze', [g.op('Mul', [count, keep]), g.ints([1, 2])]);
}

/** How far each key is from the last one: 0 or less `[1, 1, 1, keys]`. */
function beforeEnd(g: ModelBuilder, { ids }: Context): Value {
  const at = indices(g, ids);
  const last = g.op('ReduceMax', [at], { keepdims: 1 });
  return g.op('Unsqueeze', [g.op('Sub', [at, last]), g.ints([0, 1, 2])]);
}

/** The nearest numbers of bfloat16, in float32. */
function toBfloat16(g: ModelBuilder, x: Value): Value {
  return g.op('Cast', [g.op('Cast', [x], { to: ElementType.bfloat16 })], { to: ElementType.float });
}

type Buckets = Extract<ScoreBias, { kind: 'buckets' }>;

function bucketBias(g: ModelBuilder, bias: Buckets, heads: number, context: Context): Value {
  const reach = bias.maxDistance;
  // Negative indices count from the end: an addition here would look like one to the scores.
  const table = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    bucketOf(i <= reach ? i : i - 2 * reach - 1, bias),
  );
  const near = g.op('Max', [distance(g, context), g.int(-reach)]);
  const clipped = g.op('Min', [near, g.int(reach)]);
  const values = g.op('Gather', [
    g.stored(`${bias.name}.weight`, [bias.buckets, heads]),
    g.op('Gather', [g.ints(table), clipped]),
  ]);
  return g.op('Unsqueeze', [g.op('Transpose', [values], { perm: [2, 0, 1] }), g.ints([0])]);
}

/** T5's bucket of a distance (key − query), with the roundings of float32. */
export function bucketOf(
  distance: number,
  {
    buckets,
    maxDistance,
    bidirectional,
  }: Pick<Buckets, 'buckets' | 'maxDistance' | 'bidirectional'>,
): number {
  const count = bidirectional ? Math.floor(buckets / 2) : buckets;
  const start = bidirectional && distance > 0 ? count : 0;
  const far = bidirectional ? Math.abs(distance) : Math.max(-distance, 0);
  const exact = Math.floor(count / 2);
  if (far < exact) return start + far;
  const f = Math.fround;
  const share = f(f(Math.log(f(far / exact))) / f(Math.log(maxDistance / exact)));
  return start + Math.min(exact + Math.trunc(f(share * (count - exact))), count - 1);
}
