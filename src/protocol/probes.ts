import type { Stack } from './model';

/** What a probe reads from a layer. */
export const PROBE_TASKS = ['pos', 'chunk', 'relation', 'head', 'entity', 'coreference'] as const;
export type ProbeTask = (typeof PROBE_TASKS)[number];

/** A share of right answers, with its 95 % interval (Wilson 1927). */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** One probe: a linear classifier on one state of the residual stream. */
export interface ProbeScore {
  /** 0 = embeddings, i = after i layers. */
  readonly state: number;
  readonly accuracy: Share;
  /** Macro-averaged F1 over the classes of the test part. */
  readonly f1: number;
  /** Accuracy on random labels of the same distribution, one a word type (Hewitt & Liang 2019). */
  readonly control: number;
  /** Accuracy − control. */
  readonly selectivity: number;
  /** Online code length of the labels in bits, and how many times shorter than a uniform code (Voita & Titov 2020). */
  readonly descriptionLength: number;
  readonly compression: number;
  /** Accuracy of the scalar mix of the states up to this one (Tenney et al. 2019). */
  readonly mixed: number;
}

export interface TaskReport {
  readonly task: ProbeTask;
  readonly classes: readonly string[];
  readonly trainItems: number;
  readonly testItems: number;
  /** Share of the most frequent class of the training part in the test part. */
  readonly majority: number;
  /** `[states]` */
  readonly scores: readonly ProbeScore[];
  /** Σ ℓ·Δ(ℓ) / Σ Δ(ℓ) of the mixed scores (Tenney et al. 2019, eq. 4); absent where nothing is gained. */
  readonly expectedLayer?: number;
  /** Σ ℓ·s(ℓ) of the full mix's weights (Tenney et al. 2019, eq. 2). */
  readonly centreOfGravity: number;
}

/** Everything that was found by probing one stack of one model with one corpus. */
export interface ProbeReport {
  readonly model: string;
  /** SHA-256 of the model's files. */
  readonly modelHash: string;
  readonly stack: Stack;
  /** Name of the corpus, for people. */
  readonly corpus: string;
  readonly corpusHash: string;
  readonly sentences: number;
  readonly words: number;
  readonly states: number;
  readonly seed: number;
  readonly tasks: readonly TaskReport[];
  /** Tasks that the corpus gives no labels for, with the reason. */
  readonly missing: readonly { readonly task: ProbeTask; readonly reason: string }[];
  /** What people should know about the data, one sentence each: what was left out or cut. */
  readonly notes: readonly string[];
  readonly caveats: string;
  /** Milliseconds that running and fitting took. */
  readonly elapsed: number;
}

export interface ProbeChoice {
  /** Absolute path of a model folder or `.onnx` file. */
  readonly model: string;
  /** Absolute path of a CoNLL-U file; the bundled treebank when absent. */
  readonly corpus?: string;
}

/** Reported while probes are fitted. */
export interface ProbeProgress {
  /** “Running 1,200 of 3,400 sentences”, “Fitting part of speech, layer 3 of 6”. */
  readonly label: string;
  /** From 0 to 1. */
  readonly done: number;
}

/** What the probes say of the tokens of a run. */
export interface ProbeLabels {
  readonly stack: Stack;
  readonly tasks: readonly {
    readonly task: ProbeTask;
    /** Label by state and token `[states][tokens]`: the word's at its first token, else empty. */
    readonly labels: readonly (readonly string[])[];
    /** The probe's probability of each label `[states, tokens]`; NaN where there is none. */
    readonly probabilities: Float32Array;
  }[];
  readonly corpus: string;
}

/** How well “the most attended word is the dependency's head” holds for each head of attention (Clark et al. 2019). */
export interface SyntaxReport {
  readonly model: string;
  readonly stack: Stack;
  readonly corpus: string;
  readonly sentences: number;
  readonly layers: number;
  readonly heads: number;
  /** `all` first, then the more frequent before the rarer. */
  readonly relations: readonly SyntaxRelation[];
  /** What people should know about the data, one sentence each: what was left out or cut. */
  readonly notes: readonly string[];
}

/** How well heads of attention find the head of one relation. */
export interface SyntaxRelation {
  readonly relation: string;
  readonly count: number;
  /**
   * Accuracy of each head `[layers, heads]`, reading dependent → head: the word that the dependent attends to
   * most is its head. NaN where a layer's attention cannot be shown.
   */
  readonly toHead: Float32Array;
  /** The same reading head → dependent: the word that attends to the dependent most is its head. */
  readonly toDependent: Float32Array;
  /** The best fixed offset, where the head is `offset` words after the dependent, and its accuracy. */
  readonly offset: number;
  readonly baseline: number;
}
