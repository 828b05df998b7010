import type { Block, HeadChoice } from './capture';

/**
 * Where the weight of a layer goes, mean over heads and queries; the four parts sum to 1. Of
 * self-attention only: cross-attention reads another sequence, which has no past or future.
 */
export interface Shares {
  readonly block: Block;
  /** Layers that are shown, in order. */
  readonly layers: readonly number[];
  /** `[layers, 4]`: past, current, future, special; special tokens count as special wherever they stand. */
  readonly parts: Float32Array;
}
export const SHARE_PARTS = ['past', 'current', 'future', 'special'] as const;
export type SharePart = (typeof SHARE_PARTS)[number];

export interface DifferenceParams {
  /** The capture that is subtracted. */
  readonly before: string;
  readonly after: string;
  readonly block: Block;
  readonly layer: number;
  readonly head: HeadChoice;
}

/** How the weights of one map differ between two runs of the same tokens. */
export interface Difference {
  readonly queries: number;
  readonly keys: number;
  /** after − before, in 1/127 of `limit` `[queries, keys]`. */
  readonly codes: Int8Array;
  /** Largest absolute difference; 0 where nothing changed. */
  readonly limit: number;
  /** Share of each query's weight that moved: half the sum of absolute differences `[queries]`. */
  readonly totalVariation: Float32Array;
  /**
   * Tokens of each capture that column 0 stands for, and row 0 in self-attention: padding in front of
   * one is left out.
   */
  readonly offsetBefore: number;
  readonly offsetAfter: number;
}
