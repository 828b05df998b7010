import type { HeadAddress } from './capture';
import type { Point } from './intervention';

export interface ComputationParams extends HeadAddress {
  readonly capture: string;
  readonly query: number;
  /** Keys `[from, from + count)` whose vectors are wanted. */
  readonly from: number;
  readonly count: number;
}

/**
 * Everything that goes into one query's row of one head, as Vaswani et al. 2017 §3.2 write it:
 * softmax(q·k × scale + M) · V, then W_O and the residual add.
 */
export interface Computation {
  readonly query: number;
  /** Key and value head that this query head reads. */
  readonly keyHead: number;
  readonly headDim: number;
  /** Factor on q·k. */
  readonly scale: number;
  /** tanh soft-cap on the scores, where the model has one. */
  readonly softCap?: number;
  /** After RoPE and q/k-norm, before scaling `[headDim]`. */
  readonly q: Float32Array;
  /** Before RoPE; present where the model rotates and the graph shows it `[headDim]`. */
  readonly qUnrotated?: Float32Array;
  readonly from: number;
  /** `[count, headDim]` of the keys that were asked for. */
  readonly k: Float32Array;
  readonly kUnrotated?: Float32Array;
  /** Absent in captures without values. */
  readonly v?: Float32Array;
  /** q·k of all keys `[keys]`. */
  readonly products: Float32Array;
  /** q·k × scale of all keys `[keys]`. */
  readonly scores: Float32Array;
  /** What was added between score and softmax, soft-cap apart: position bias; absent without one `[keys]`. */
  readonly bias?: Float32Array;
  /** Softmax input of all keys; −Infinity where blocked `[keys]`. */
  readonly maskedScores: Float32Array;
  /** Softmax output as the model gave it `[keys]`. */
  readonly weights: Float32Array;
  /** 1 where the query may attend `[keys]`. */
  readonly allowed: Uint8Array;
  /** Largest masked score, and Σ exp(masked score − largest) with the sink's term, by which all are divided. */
  readonly maximum: number;
  readonly normaliser: number;
  /** What a sink takes of the row, as the model gave it, and its term of the sum; absent without one. */
  readonly sink?: { readonly weight: number; readonly term: number };
  /** Σ α v `[headDim]`, as the model gave it; absent in captures without values. */
  readonly headOutput?: Float32Array;
  /**
   * What multiplies the head output before W_O `[headDim]`, or `[1]` where it is one number for the head;
   * absent where nothing does.
   */
  readonly gate?: Float32Array;
  /** Largest |recomputed − model| over this row's weights; 0 where an intervention gave them. */
  readonly weightError: number;
  /** Numbers of this row that interventions changed, all of which are shown as the run used them. */
  readonly changed?: readonly Point[];
  /** What follows the head; absent, with the reason, where the graph does not show it. */
  readonly output: OutputStage | { readonly missing: string };
}

/** From the heads to the residual stream, `[modelDim]` each. */
export interface OutputStage {
  /** This head's headOutput, times its gate where there is one, · its rows of W_O. */
  readonly fromHead: Float32Array;
  /** All heads of the layer and the bias of W_O. */
  readonly fromLayer: Float32Array;
  /** The length of the same for each head of the layer `[heads]`. */
  readonly normOfHeads: Float32Array;
  /** Residual stream that the layer's attention is added to. */
  readonly residual?: Float32Array;
  /** residual + fromLayer. */
  readonly sum?: Float32Array;
  /** Why there is no such sum: some models normalise the attention's output first. */
  readonly residualMissing?: string;
}
