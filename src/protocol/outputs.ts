/** One candidate for what stands at, or follows, a token. */
export interface Prediction {
  readonly id: number;
  /** As people read it. */
  readonly text: string;
  readonly probability: number;
}

/** The model's output at one token: the next token (causal) or the token itself (masked language model). */
export interface Predictions {
  readonly token: number;
  readonly best: readonly Prediction[];
}

/** How far the output moved between two runs of the same tokens. */
export interface Divergence {
  /** KL(before ‖ after) in nats at each token `[tokens]`. */
  readonly kl: Float32Array;
  /** Whether the most probable token is another one `[tokens]`. */
  readonly flipped: Uint8Array;
  readonly offsetBefore: number;
  readonly offsetAfter: number;
}
