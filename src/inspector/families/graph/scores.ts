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
function distance(g: ModelBuilder, { ids }: Context): Value {
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
    bias.kind === 'alibi' ? alibi(g, bias.slopes, context) : bucketBias(g, bias, heads, context),
  );
}

function alibi(g: ModelBuilder, slopes: readonly number[], { keep }: Context): Value {
  const count = g.op('Sub', [g.op('CumSum', [keep, g.int(1)]), g.int(1)]);
  const position = g.op('Cast', [g.op('Mul', [count, keep])], { to: ElementType.float });
  const at = g.op('Unsqueeze', [position, g.ints([1, 2])]);
  return g.op('Mul', [g.floats(slopes, [1, slopes.length, 1, 1]), at]);
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
