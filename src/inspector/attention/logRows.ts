import type { CellSpan } from '../../protocol/tileKernel';

/** Log weights of some queries of one head, pooled along the keys. */
export interface RowMaxima {
  /** Largest log weight of each cell `[queries, cells]`; −∞ where the mask blocks all of it. */
  readonly logWeights: Float32Array;
  /** Largest log weight of the whole row `[queries]`. */
  readonly largest: Float32Array;
}

/** The rows of one head of a long text, computed or read some at a time. */
export interface LogRows {
  readonly queries: number;
  readonly keys: number;
  /** @param queries at most `ROWS_AT_ONCE`, so that memory stays bounded */
  maxima(queries: readonly number[], cells: CellSpan): Promise<RowMaxima>;
}

/** Stands for a weight of 0 that the mask allows, and for NaN. */
export const LOWEST_LOG = -1e30;
