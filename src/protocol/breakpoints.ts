import type { AttentionKind, Stack } from './model';

/** A place of a capture where a condition holds. */
export interface BreakpointHit {
  readonly stack: Stack;
  readonly kind: AttentionKind;
  readonly layer: number;
  /** Absent for conditions on states, which have no heads. */
  readonly head?: number;
  readonly token: number;
  /** What the condition compares there, by the names that it uses. */
  readonly values: Readonly<Record<string, number>>;
}

/** Where a conditional breakpoint stops, in the order of computation. */
export interface BreakpointHits {
  /** At most 1,000. */
  readonly hits: readonly BreakpointHit[];
  /** Places where it holds, also beyond those that are listed. */
  readonly count: number;
  /** Places that were looked at. */
  readonly places: number;
}
