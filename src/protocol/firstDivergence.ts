import type { AttentionKind, Stack } from './model';

/** What is compared in each layer, in the order of computation. */
export const COMPARED_PARTS = [
  'residual',
  'query',
  'key',
  'value',
  'maskedScores',
  'weights',
  'headOutput',
  'attentionOutput',
  /** The residual stream between attention and feed-forward network. */
  'afterAttention',
  'feedForward',
] as const;
export type ComparedPart = (typeof COMPARED_PARTS)[number] | 'logits';

/** A row of the comparison: what goes into the first layer, a layer, or what comes out. */
export type ComparedLayer = number | 'embeddings' | 'output';

/** The same tensor of two models. */
export interface ComparedCell {
  readonly stack: Stack;
  readonly attention: AttentionKind;
  readonly layer: ComparedLayer;
  readonly kind: ComparedPart;
  /**
   * ‖B − A‖₂ ÷ ‖A‖₂ over all tokens. Masked scores: only where neither is blocked. Weights: mean total
   * variation of the rows, ½ Σ |B − A|. Infinite where one is not finite and the other is.
   */
  readonly error: number;
  /** Largest |B − A|. */
  readonly largest: number;
  /** Cosine of the two, as vectors. */
  readonly cosine: number;
}

/** How much of an error comes about in one place. */
export interface ErrorStep extends ComparedCell {
  /** The largest error of what it is computed from. */
  readonly ofInputs: number;
}

/** Where two models part first. */
export interface FirstPlace extends ErrorStep {
  /** What is to be thought of, by the kind of place and what agrees before it. */
  readonly cause: string;
  /** The node whose inputs agree and whose output does not, where both graphs name it alike. */
  readonly node?: { readonly name: string; readonly operator: string };
  /** Where the two differ most there. */
  readonly worst: { readonly token: number; readonly head?: number };
}

/** Texts that two models are compared on. */
export const PROBES = ['text', 'padded', 'long'] as const;
export type Probe = (typeof PROBES)[number];

/** What one text says of two models. */
export interface ProbeDivergence {
  readonly probe: Probe;
  readonly tokens: readonly string[];
  /** Tokens before or after the text that are padding: nothing is compared there. */
  readonly padding?: { readonly side: 'left' | 'right'; readonly count: number };
  /** In the order of computation; those that one of the two does not show are not there. */
  readonly cells: readonly ComparedCell[];
  readonly first: FirstPlace | null;
  /** Where errors grow most from what goes in to what comes out: what is looked at where no place stands out. */
  readonly largestSteps: readonly ErrorStep[];
  /** Relative error of the residual stream of each token `[layers + 1, tokens]`. */
  readonly perToken: Float32Array;
  /** KL(A ‖ B) of the output in nats `[tokens]`; 0 at padding, empty where they have none. */
  readonly kl: Float32Array;
  /** Tokens whose most probable output differs. */
  readonly flips: number;
}

/** Two models, or two files of one, tensor by tensor on the same ids. */
export interface FirstDivergence {
  /** Relative error that rounding explains, by the lower precision of the two. */
  readonly floor: number;
  readonly precision: string;
  /** The text, a padded pair, a long text: those that both models take. */
  readonly probes: readonly ProbeDivergence[];
  /** The probe whose first place is told: the text, if it parts there. */
  readonly told: Probe;
  /** What is not compared, and why: one sentence each. */
  readonly missing: readonly string[];
  readonly milliseconds: number;
}
