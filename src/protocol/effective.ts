import type { Stack } from './model';

/**
 * The effective attention of one head of a layer without a softmax: what the layer does with its values,
 * written as one map M with M · values = outputs. Rows need not sum to 1, and weights may be negative.
 */
export interface EffectiveAttention {
  readonly stack: Stack;
  readonly layer: number;
  readonly head: number;
  readonly heads: number;
  readonly tokens: number;
  /** M: by queries, then keys; 0 after the query `[tokens, tokens]`. */
  readonly weights: Float32Array;
}

/** Tokens of the largest map that is shown. */
export const LARGEST_EFFECTIVE_MAP = 1024;
