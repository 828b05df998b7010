import type { AttentionKind, Stack } from '../../protocol/model';

/** Where a condition is asked: one token of one layer, and one head of it where it names heads. */
export interface Place {
  readonly stack: Stack;
  readonly kind: AttentionKind;
  readonly layer: number;
  readonly token: number;
  /** As the token reads in the text. */
  readonly text: string;
  /** What the keys of its rows read. */
  readonly keyTexts: readonly string[];
  readonly row?: {
    readonly head: number;
    /** `[keys]`. */
    readonly weights: Float32Array;
    /** Softmax input `[keys]`. */
    readonly maskedScores: Float32Array;
    /** What a sink takes; absent where there is none. */
    readonly sink?: number;
  };
  /** The residual stream of the token `[modelDim]`. */
  readonly state?: { readonly before: Float32Array; readonly after: Float32Array };
}
