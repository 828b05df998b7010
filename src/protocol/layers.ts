import type { Stack } from './model';

/**
 * How the residual stream of one stack moves from layer to layer. State 0 is the embeddings, state i
 * what layer i reads, the last one what the last layer wrote, before any final normalisation.
 */
export interface Residuals {
  readonly stack: Stack;
  readonly states: number;
  readonly tokens: number;
  /** Euclidean norm of each token's state `[states, tokens]`. */
  readonly norms: Float32Array;
  /** Cosine of a token's two states, mean over the tokens `[states, states]`. */
  readonly cosine: Float32Array;
  /**
   * Linear CKA between states over the tokens (Kornblith et al. 2019, eq. 2 and section 3)
   * `[states, states]`; NaN for fewer than 2 tokens.
   */
  readonly cka: Float32Array;
}

/** How predictions are read from every layer. */
export type LensKind =
  /** The model's own output head applied to each state: final normalisation, then the vocabulary. */
  | 'logitLens'
  /** The same in runs that have the token masked, one run a token. */
  | 'maskedLm';

export interface LensParams {
  readonly capture: string;
  readonly kind: LensKind;
  /** The first token and how many. */
  readonly from: number;
  readonly count: number;
  /** Predictions of each cell, at most 20. */
  readonly best: number;
}

/** Reported while a lens runs: tokens done, of how many. */
export interface LensProgress {
  readonly done: number;
  readonly of: number;
}

/** The most probable tokens by layer, for some tokens of the stack that has the output head. */
export interface Lens {
  readonly kind: LensKind;
  readonly stack: Stack;
  readonly states: number;
  readonly from: number;
  readonly count: number;
  readonly best: number;
  /** Vocabulary entries, most probable first `[states, count, best]`; −1 where a token was left out. */
  readonly ids: Int32Array;
  /** Their probabilities `[states, count, best]`. */
  readonly probabilities: Float32Array;
  /**
   * Probability of what really stands there `[states, count]`: the next token of a stack that reads
   * from left to right, else the token itself; NaN where there is none.
   */
  readonly expected: Float32Array;
  /** Vocabulary entry of what really stands there `[count]`; −1 where there is none. */
  readonly expectedIds: Int32Array;
  /** How people read each entry of `ids` and `expectedIds`, by entry: VS Code hands webviews no maps. */
  readonly texts: Readonly<Record<number, string>>;
  /** What the numbers are, one sentence for people. */
  readonly note: string;
}

export interface AttributionParams {
  readonly capture: string;
  /** Of the stack that has the output head. */
  readonly token: number;
  /** Vocabulary entry; the most probable one when absent. */
  readonly id?: number;
}

/**
 * Direct logit attribution: the residual stream before the final normalisation is a sum, and with the
 * normalisation's scale held fixed so is each logit (Elhage et al. 2021).
 */
export interface Attribution {
  readonly token: number;
  readonly id: number;
  readonly text: string;
  /** The model's logit; the parts and `constant` sum to it within `error`. */
  readonly logit: number;
  /** What the embeddings contribute. */
  readonly embedding: number;
  /** What each layer's attention contributes: self-attention, and cross-attention in decoders of two stacks. */
  readonly layers: readonly {
    readonly attention: number;
    readonly cross?: number;
    readonly mlp: number;
  }[];
  /** Biases of the normalisation and of the output head. */
  readonly constant: number;
  /** |sum − logit|. */
  readonly error: number;
}

/** How the next token is chosen. */
export interface Sampling {
  /** Divides the logits; 0 takes the most probable token. */
  readonly temperature: number;
  /** Keeps this many of the most probable; 0 keeps all. */
  readonly topK: number;
  /** Keeps the fewest most probable whose mass reaches this (Holtzman et al. 2020); 1 keeps all. */
  readonly topP: number;
}

export interface DistributionParams extends Sampling {
  readonly capture: string;
  /** Of the stack that has the output head. */
  readonly token: number;
  /** Candidates wanted, at most 100. */
  readonly count: number;
}

/** The distribution that the next token is drawn from, most probable first. */
export interface Distribution {
  readonly token: number;
  readonly candidates: readonly Candidate[];
  /** Candidates that the temperature, top-k and top-p leave, of the whole vocabulary. */
  readonly kept: number;
  readonly vocabulary: number;
  /** Entropy of what is left, in nats. */
  readonly entropy: number;
}

export interface Candidate {
  readonly id: number;
  readonly text: string;
  readonly logit: number;
  /** Softmax of the logits as they are. */
  readonly probability: number;
  /** After temperature, top-k and top-p; 0 where it was cut. */
  readonly sampled: number;
}
