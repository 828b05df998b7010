import type { Computation } from '../../protocol/computation';
import type { ErrorReport } from '../../protocol/errors';

/** Vectors of the keys `[from, from + count)`. */
export interface KeyVectors {
  readonly from: number;
  readonly k: Float32Array;
  readonly kUnrotated?: Float32Array;
  readonly v?: Float32Array;
}

/** A computation with the vectors of the keys that were looked at so far. */
export interface ShownComputation {
  readonly at: string;
  readonly value: Computation;
  /** By the first key of the chunk. */
  readonly chunks: ReadonlyMap<number, KeyVectors>;
}

export type ComputationOutcome =
  ShownComputation | { readonly at: string; readonly error: ErrorReport };
