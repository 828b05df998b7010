import type { PointSupport } from './intervention';
import type { SiteSource } from './source';

/**
 * File in the storage folder that says which tokenizer file a model was given: absolute paths by the
 * model's absolute path, as JSON.
 */
export const CHOSEN_TOKENIZERS = 'tokenizers.json';

/**
 * Which half of a model a layer belongs to. A model of one stack is a decoder if it is causal, or if its
 * configuration is one of a model that predicts each next token and it has an output head; else an encoder.
 */
export type Stack = 'encoder' | 'decoder';
/** Self-attention reads its own stack; cross-attention of a decoder reads the encoder's output. */
export type AttentionKind = 'self' | 'cross';

/** What a query of this layer may attend to, found by a probe run. */
export type MaskKind =
  | { readonly kind: 'bidirectional' }
  /** Attends to earlier keys, and to its own unless `excludesSelf`, which leaves the first query none. */
  | { readonly kind: 'causal'; readonly excludesSelf?: true }
  /** Attends to keys at distances up to `before` back and `after` ahead. */
  | { readonly kind: 'window'; readonly before: number; readonly after: number };

/** How a model knows order; parameters are read from its graph or its configuration. */
export type PositionalEncoding =
  | { readonly kind: 'rotary'; readonly base?: number; readonly rotaryDim?: number }
  | { readonly kind: 'learned'; readonly positions?: number }
  | { readonly kind: 'sinusoidal' }
  | { readonly kind: 'relativeBias'; readonly buckets?: number; readonly maxDistance?: number }
  | { readonly kind: 'alibi'; readonly slopes?: readonly number[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' };

/**
 * What may be wrong with an attention, or a whole graph, that is shown all the same: it holds numbers that
 * are none, its softmax runs along another axis than the keys, its rows do not sum to 1, or the file gives
 * other numbers in each run.
 */
export const NAMED_FAULTS = ['notFinite', 'otherAxis', 'rowSums', 'notRepeatable'] as const;
export type NamedFault = (typeof NAMED_FAULTS)[number];

/** How well the numbers that we show agree with the model's own, checked when it was opened. */
export type SelfCheck =
  | { readonly result: 'exact'; readonly worst: number }
  /** Agrees within what the model's own precision allows, or is shown as it is with the fault that it has. */
  | {
      readonly result: 'approximate';
      readonly worst: number;
      readonly reason: string;
      readonly fault?: NamedFault;
    }
  | { readonly result: 'refused'; readonly reason: string };

/** One attention of the graph: all heads of one layer. */
export interface AttentionSite {
  readonly stack: Stack;
  readonly kind: AttentionKind;
  /** From 0 within its stack. */
  readonly layer: number;
  /** Query heads. */
  readonly heads: number;
  /** Key and value heads; fewer than `heads` where query heads share them. */
  readonly keyHeads: number;
  readonly headDim: number;
  /** Factor on q·k: scores = q·k × scale. */
  readonly scale: number;
  readonly mask: MaskKind;
  /**
   * The mask is known between tokens up to this far apart only: the model seems to have a window that is
   * longer than the probe. Absent where nothing tells of one.
   */
  readonly maskSeenUpTo?: number;
  readonly positional: PositionalEncoding;
  /** tanh soft-cap on the scores, where the model has one. */
  readonly softCap?: number;
  /**
   * What takes a part of each row's weight beside the keys, so that rows sum to less than 1: a `learned`
   * score of each head that is no key's, or the 1 of a softmax that divides by 1 + Σ exp (`one`).
   */
  readonly sink?: 'learned' | 'one';
  /** What multiplies the head outputs before W_O: one number for each head, or for each of their numbers. */
  readonly gate?: 'eachHead' | 'eachNumber';
  readonly check: SelfCheck;
  /** The graph's own names: what the operator is and which tensors hold the captured values. */
  readonly graph: {
    readonly operator: string;
    readonly node: string;
    readonly weights?: string;
    readonly query?: string;
    readonly key?: string;
    readonly value?: string;
  };
  /** Where it is written in Python; absent where the graph does not tell. */
  readonly source?: SiteSource;
}

/** What a layer without attention does that mixes no tokens. */
export const EACH_BY_ITSELF = 'each token by itself';

/** A layer of the model that has no attention, as hybrids of attention and convolution have. */
export interface LayerWithoutAttention {
  readonly stack: Stack;
  readonly layer: number;
  /** What it does instead: “convolution”, “feed-forward only”, “sigmoid instead of softmax”. */
  readonly instead: string;
  /** The linear attention that it is; absent where none is known in its numbers. */
  readonly effective?: EffectiveFacts;
}

/**
 * What is known of a layer's effective attention: the lower triangle M of each head with M · values =
 * outputs. It is no softmax: rows need not sum to 1, and weights may be negative.
 */
export interface EffectiveFacts {
  readonly heads: number;
  /** Heads of its values, each with a state of its own. */
  readonly valueHeads: number;
  /** What computes it; where the graph spells it out, the cumulative sum of its decay. */
  readonly operator: string;
  readonly node: string;
  /** The operator of the short convolution that its values came through: they are not one token's alone. */
  readonly convolution?: string;
  /** Whether M · values gives the operator's outputs. */
  readonly check: SelfCheck;
}

/** What chooses the experts of one layer's mixture, token by token. */
export interface ExpertRouter {
  readonly stack: Stack;
  readonly layer: number;
  /** Experts that it chooses from. */
  readonly experts: number;
  /** Experts that treat a token: as many as there are where all do. */
  readonly chosen: number;
  /** The graph's name of the node that chooses. */
  readonly node: string;
  /** Why its choices are not shown. */
  readonly refusal?: string;
}

/** An input of a model's graph, and what it is fed where nobody says otherwise. */
export interface ModelInput {
  /** As it is fed: the graph's own name; a decoder's in a file of its own begins with `decoder_`. */
  readonly name: string;
  /** `int64`, `int32`, `float32`, `float16`, `bool`. */
  readonly type: string;
  /** Numbers are fixed, strings are the graph's own names for sizes, null is unknown; absent where the rank is. */
  readonly shape?: readonly (number | string | null)[];
  /** What it is fed, for people: “the token ids”, “1 for every token”, “0”. */
  readonly fed: string;
  /** It carries what the model reads: nobody can say that it is fed something else. */
  readonly isText?: boolean;
  /** Why that: “named so”, “with 0 every token would be hidden”, “given by you”. */
  readonly why: string;
}

/** What people want inputs of a graph to be fed: a number for every element, or a list of them. */
export type GivenFeeds = Readonly<Record<string, number | readonly number[]>>;

/** What is known about an opened model. */
export interface ModelCard {
  /** Absolute path of the folder or file that was opened. */
  readonly path: string;
  /** What people call it: the folder's name, or the file's. */
  readonly name: string;
  /** From `config.json` (`architectures[0]`), else `unknown`. */
  readonly architecture: string;
  readonly stacks: readonly Stack[];
  /** In the order of computation: encoder layers, then decoder layers with self before cross. */
  readonly sites: readonly AttentionSite[];
  /** Layers of each stack by the model's own count, with or without attention; absent in older captures. */
  readonly layers?: { readonly [S in Stack]?: number };
  /** Layers that have no attention, in their order. */
  readonly withoutAttention?: readonly LayerWithoutAttention[];
  /** What chooses experts, layer by layer; absent where no layer has any. */
  readonly routers?: readonly ExpertRouter[];
  /** Every input of the graph; absent in older captures. */
  readonly inputs?: readonly ModelInput[];
  readonly modelDim: number;
  readonly vocabulary: number;
  /** Longest sequence that the model accepts; absent where nothing limits it. */
  readonly maximumPositions?: number;
  readonly precision: 'float32' | 'float16' | 'bfloat16' | 'int8' | 'int4' | 'mixed';
  /** `WordPiece`, `BPE`, `Unigram`, `WordLevel`; absent without a tokenizer. */
  readonly tokenizer?: string;
  /** All bytes of graph and weights. */
  readonly fileSize: number;
  /** Instrumented logits = original logits: the largest difference in the probe run. */
  readonly outputCheck: SelfCheck;
  /** Where its computation can be changed; absent in older captures. */
  readonly points?: readonly PointSupport[];
  /** Things that people should know, one sentence each. */
  readonly notes: readonly string[];
}

/** Layers of a stack by the model's own count, shown or not. */
export function layerCount({ layers, sites }: Pick<ModelCard, 'layers' | 'sites'>, stack: Stack) {
  const numbers = sites.filter(site => site.stack === stack).map(({ layer }) => layer + 1);
  return layers?.[stack] ?? Math.max(0, ...numbers);
}
