import type { Block } from './capture';

/** What the pattern of a head looks like; the first rule that holds names it. */
export const HEAD_ROLES = [
  'induction',
  'duplicate',
  'sink',
  'previous',
  'next',
  'current',
  'uniform',
  'local',
  'none',
] as const;
export type HeadRole = (typeof HEAD_ROLES)[number];

/** Facts of every head of a block on this text; entries of absent heads are null or NaN. */
export interface HeadFacts {
  readonly block: Block;
  readonly layers: number;
  /** Most heads of any layer. */
  readonly heads: number;
  /** `[layers, heads]`. */
  readonly roles: readonly (HeadRole | null)[];
  /**
   * What the role's rule measured, mean over the queries `[layers, heads]`; for `none` NaN. For
   * `uniform` the entropy as a share of log₂ of the keys that the query may see.
   */
  readonly scores: Float32Array;
  /** Mean entropy of the rows in bits, a sink counted as a key, of the queries that may see more than one key `[layers, heads]`. */
  readonly entropy: Float32Array;
  /** Mean weight on the token before, at and after the query `[layers, heads]`; NaN for cross-attention. */
  readonly previous: Float32Array;
  readonly current: Float32Array;
  readonly next: Float32Array;
  /**
   * The key that receives most, mean over the queries that may see it, and how much `[layers, heads]`;
   * keys that only few queries may see do not take part. -1 where there is none.
   */
  readonly mostAttended: Int32Array;
  readonly received: Float32Array;
  /** Mean of what a sink takes of the rows `[layers, heads]`; NaN where there is none. */
  readonly sink: Float32Array;
  /** Whether a token comes twice, not right after itself: else induction and duplicate cannot be seen. */
  readonly hasRepeats: boolean;
  /** Queries that were looked at; fewer than all for long texts. */
  readonly sampledQueries: number;
}
