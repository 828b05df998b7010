import { isBlocked } from './masks';
import type { RepeatKeys } from './repeats';
import type { Weights } from './weightMap';

/**
 * What the rows of one head have in common, means over queries. A query that the mask leaves a
 * single key has no choice and counts nowhere. For a weight on certain keys, those queries count
 * whose mask leaves them at least one such key and at least one other: the first query of a text
 * has no token before it, and the first two of a causal mask see nothing but their neighbours.
 * NaN where no query counts.
 */
export interface HeadMeasures {
  /** Entropy of the row in bits; a sink counts as one more key. */
  readonly entropy: number;
  /** Entropy as a share of the largest possible, log₂ of the keys that the query may see and the sink. */
  readonly uniformity: number;
  /** Weight on the token before, at and after the query, and within 2 of it. */
  readonly previous: number;
  readonly current: number;
  readonly next: number;
  readonly local: number;
  /** Weight on earlier copies of the query's token, and on what followed those. */
  readonly duplicate: number;
  readonly induction: number;
  /** The key that receives most from the queries that may see it; -1 where none counts. */
  readonly mostAttended: number;
  readonly received: number;
  /** Share of the queries that may see it. */
  readonly seenBy: number;
  /** What a sink takes; NaN where there is none. */
  readonly sink: number;
}

export interface MeasuredRows extends Weights {
  /** Which query each row is of. */
  readonly rows: readonly number[];
}

/**
 * Measures some rows of one head; rows of padding are to be left out before.
 * @param repeatsAt keys that repeat the token of a query; without it (cross-attention) nothing is
 * measured that depends on the places of query and key
 */
export function measureHead(
  head: MeasuredRows,
  repeatsAt: ((query: number) => RepeatKeys) | undefined,
): HeadMeasures {
  const means = {
    entropy: new Mean(),
    uniformity: new Mean(),
    previous: new Mean(),
    current: new Mean(),
    next: new Mean(),
    local: new Mean(),
    duplicate: new Mean(),
    induction: new Mean(),
    sink: new Mean(),
  };
  const received = new Float64Array(head.keys);
  const seenBy = new Uint32Array(head.keys);
  let counted = 0;
  head.rows.forEach((query, at) => {
    const weights = head.weights.subarray(at * head.keys, (at + 1) * head.keys);
    const masked = head.maskedScores.subarray(at * head.keys, (at + 1) * head.keys);
    const seen = masked.reduce((count, score) => count + (isBlocked(score) ? 0 : 1), 0);
    if (seen < 2) return;
    counted++;
    let entropy = 0;
    for (let key = 0; key < head.keys; key++) {
      if (isBlocked(masked[key] ?? 0)) continue;
      const weight = weights[key] ?? 0;
      if (weight !== 0) entropy -= weight * Math.log2(weight);
      received[key] = (received[key] ?? 0) + weight;
      seenBy[key] = (seenBy[key] ?? 0) + 1;
    }
    const sink = head.sink?.[at];
    if (sink !== undefined) {
      means.sink.add(sink);
      if (sink > 0) entropy -= sink * Math.log2(sink);
    }
    means.entropy.add(entropy);
    means.uniformity.add(entropy / Math.log2(seen + (sink === undefined ? 0 : 1)));
    if (!repeatsAt) return;
    const measure = (mean: Mean, keys: readonly number[]): void => {
      const allowed = keys.filter(key => !isBlocked(masked[key] ?? -Infinity));
      if (allowed.length === 0 || allowed.length === seen) return;
      mean.add(allowed.reduce((sum, key) => sum + (weights[key] ?? 0), 0));
    };
    measure(means.previous, [query - 1]);
    measure(means.current, [query]);
    measure(means.next, [query + 1]);
    measure(means.local, [query - 2, query - 1, query, query + 1, query + 2]);
    const { copies, followers } = repeatsAt(query);
    measure(means.duplicate, copies);
    measure(means.induction, followers);
  });
  return {
    entropy: means.entropy.value,
    uniformity: means.uniformity.value,
    previous: means.previous.value,
    current: means.current.value,
    next: means.next.value,
    local: means.local.value,
    duplicate: means.duplicate.value,
    induction: means.induction.value,
    sink: means.sink.value,
    ...mostReceiving(received, seenBy, counted),
  };
}

/**
 * The key that receives most. The last keys of a causal mask are seen by a few queries only and
 * would win by chance: a key takes part where it is seen more than half as often as any other.
 */
function mostReceiving(received: Float64Array, seenBy: Uint32Array, queries: number) {
  const mostSeen = seenBy.reduce((most, count) => Math.max(most, count), 0);
  const best = { mostAttended: -1, received: NaN, seenBy: 0 };
  seenBy.forEach((count, key) => {
    if (2 * count <= mostSeen) return;
    const mean = (received[key] ?? 0) / count;
    if (best.mostAttended >= 0 && !(mean > best.received)) return;
    Object.assign(best, { mostAttended: key, received: mean, seenBy: count / queries });
  });
  return best;
}

/** Mean of what was added; NaN of nothing. */
class Mean {
  private sum = 0;
  private count = 0;

  add(value: number): void {
    this.sum += value;
    this.count++;
  }

  get value(): number {
    return this.count === 0 ? NaN : this.sum / this.count;
  }
}
