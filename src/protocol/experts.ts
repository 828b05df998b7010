import type { Stack } from './model';

/**
 * Which experts treat each token in one layer: its block gives Σ weight · expert(token), beside what it
 * adds for every token (Shazeer et al. 2017, eq. 1).
 */
export interface Experts {
  readonly stack: Stack;
  readonly layer: number;
  /** Experts that the layer has. */
  readonly experts: number;
  /** Experts of each token. */
  readonly count: number;
  readonly tokens: number;
  /** Numbers of the experts, the one with most weight first `[tokens, count]`. */
  readonly chosen: Int32Array;
  /** What their outputs are multiplied with; need not sum to 1 `[tokens, count]`. */
  readonly weights: Float32Array;
  /** Tokens that each expert treats with a weight above 0 `[experts]`. */
  readonly tokensOf: Int32Array;
}
