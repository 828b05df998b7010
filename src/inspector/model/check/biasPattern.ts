import type { Quantity } from '../../onnx/graph/site';
import { dotProducts } from '../../runtime/dotProducts';
import type { Tensor } from '../../runtime/tensor';
import { blockedPairs } from '../tensors/maskKind';

/** What a probe run adds to the scores where the mask lets them through. */
export type BiasPattern =
  | { readonly kind: 'none' }
  /** Falls by the head's slope with each step of distance. */
  | { readonly kind: 'alibi'; readonly slopes: readonly number[] }
  /** Depends on the distance between query and key only. */
  | { readonly kind: 'relative'; readonly heads: number }
  | { readonly kind: 'unknown' };

/** Rounding of float32 in scores of ordinary size; a bias is larger. */
const rounding = 2e-3;

/** Recognises a position bias by its values, whatever computed it. */
export function biasPattern(
  { query, key, scores, maskedScores }: { readonly [Q in Quantity]?: Tensor },
  scale: number,
  softCap: number | undefined,
): BiasPattern {
  if (!query || !key || !maskedScores) return { kind: 'unknown' };
  const before = scores ? scores.data : dotProducts(query, key, scale);
  const [, heads = 0, queries = 0, keys = 0] = maskedScores.dims;
  const blocked = blockedPairs(maskedScores);
  const bias = maskedScores.data.map((score, i) => {
    const plain = before[i] ?? 0;
    return score - (softCap ? softCap * Math.tanh(plain / softCap) : plain);
  });
  const at = (head: number, q: number, k: number) => {
    const i = (head * queries + q) * keys + k;
    return blocked[i] ? undefined : bias[i];
  };
  const limit = rounding * Math.max(1, ...before.map(Math.abs));
  if (bias.every((value, i) => blocked[i] || Math.abs(value) < limit)) return { kind: 'none' };

  const perHead = Array.from({ length: heads }, (_, head) => distances(head, queries, keys, at));
  const slopes = perHead.map(byDistance => slopeOf(byDistance, limit));
  if (slopes.every(slope => slope !== undefined)) return { kind: 'alibi', slopes };
  const isRelative = perHead.every(byDistance =>
    [...byDistance.values()].every(values => spread(values) < limit),
  );
  return isRelative ? { kind: 'relative', heads } : { kind: 'unknown' };
}

/** Steps of the bias from each key to the next one, by distance; a constant per row does not matter. */
function distances(
  head: number,
  queries: number,
  keys: number,
  at: (head: number, query: number, key: number) => number | undefined,
): Map<number, number[]> {
  const steps = new Map<number, number[]>();
  for (let q = 0; q < queries; q++) {
    for (let k = 0; k + 1 < keys; k++) {
      const here = at(head, q, k);
      const next = at(head, q, k + 1);
      if (here === undefined || next === undefined) continue;
      const known = steps.get(k - q);
      if (known) known.push(next - here);
      else steps.set(k - q, [next - here]);
    }
  }
  return steps;
}

/** The slope of a bias that falls equally with each step away from the query. */
function slopeOf(steps: ReadonlyMap<number, readonly number[]>, limit: number): number | undefined {
  // Towards the query the bias rises; beyond it, where that is visible, it falls or goes on rising.
  const before = [...steps].filter(([distance]) => distance < 0).flatMap(([, values]) => values);
  if (before.length === 0 || spread(before) >= limit) return undefined;
  const slope = before.reduce((a, b) => a + b, 0) / before.length;
  const after = [...steps].filter(([distance]) => distance >= 0).flatMap(([, values]) => values);
  const goesOn = after.every(value => Math.abs(Math.abs(value) - Math.abs(slope)) < limit);
  return goesOn && slope > 0 ? slope : undefined;
}

function spread(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
