import type { SyntaxReport } from '../../../protocol/probes';

/** The head that finds a relation best, and how it reads it. */
export interface BestHead {
  readonly relation: string;
  readonly count: number;
  readonly layer: number;
  readonly head: number;
  /** From the dependent to its head, or the other way. */
  readonly direction: 'to head' | 'to dependent';
  readonly accuracy: number;
  readonly baseline: number;
  readonly offset: number;
}

/** The best head of each relation, in the report's order; layers that cannot be shown have none. */
export function bestHeads({ relations, heads }: SyntaxReport): BestHead[] {
  return relations.map(({ relation, count, toHead, toDependent, baseline, offset }): BestHead => {
    const [up, down] = [largest(toHead), largest(toDependent)];
    const isUp = !((toDependent[down] ?? NaN) > (toHead[up] ?? NaN));
    const at = isUp ? up : down;
    return {
      relation,
      count,
      layer: Math.floor(at / heads),
      head: at % heads,
      direction: isUp ? 'to head' : 'to dependent',
      accuracy: (isUp ? toHead : toDependent)[at] ?? NaN,
      baseline,
      offset,
    };
  });
}

/** Where the largest number stands; 0 where there is none. */
function largest(values: Float32Array): number {
  let best = -1;
  values.forEach((value, i) => {
    if (!Number.isNaN(value) && !(value <= (values[best] ?? -Infinity))) best = i;
  });
  return Math.max(0, best);
}
