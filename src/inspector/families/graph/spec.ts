/**
 * What a transformer is made of, as data: a family describes its model with these, the graph is
 * built from them. Names are those of stored modules, without `.weight` and `.bias`, where nothing
 * else is said.
 */

export interface Linear {
  /** Its weights `[out, in]` are `<name>.weight`, its bias, where one is stored, `<name>.bias`. */
  readonly name: string;
  /**
   * Only these rows `[from, to)` of a fused matrix and of its bias; of several matrices
   * `[n, out, in]` they are counted through.
   */
  readonly rows?: readonly [number, number];
  /** Stored `[in, out]` (GPT-2). */
  readonly isConv1D?: boolean;
  /**
   * One of several matrices in the tensor `<name>` `[experts, in, out]`, with `<name>_bias`
   * `[experts, out]` (gpt-oss).
   */
  readonly expert?: number;
  /** The weights are `<name>` itself. */
  readonly isBare?: boolean;
}

export interface Norm {
  /** Left out: a norm without weights (OLMo). */
  readonly name?: string;
  /** `layer` takes the mean away, `rms` does not. */
  readonly kind: 'layer' | 'rms';
  readonly epsilon: number;
  /** Stored is w of a factor 1 + w (Gemma, Nemotron). */
  readonly plusOne?: boolean;
}

/** The projections of queries, keys and values. */
export type Projections =
  | {
      readonly kind: 'separate';
      readonly query: Linear;
      readonly key: Linear;
      readonly value: Linear;
    }
  /**
   * One product whose result is cut: `columns` into all queries, all keys, all values; `heads`
   * into `[queries…, key, value]` of each key head, one after the other.
   */
  | { readonly kind: 'columns' | 'heads'; readonly fused: Linear }
  /** One product of so many equal parts: in each some heads' queries, then their values, then keys. */
  | { readonly kind: 'blocks'; readonly fused: Linear; readonly blocks: number };

export interface Rope {
  /** Radians a token, of each pair of rotated dimensions: half as many as dimensions that turn. */
  readonly frequencies: readonly number[];
  /** Used instead where the text has more than `after` tokens (longrope). */
  readonly long?: { readonly frequencies: readonly number[]; readonly after: number };
  /** Factor on cosine and sine (yarn, longrope). */
  readonly scale: number;
  /** Pairs are neighbours instead of half the rotated dimensions apart (GPT-J, Cohere). */
  readonly interleaved?: boolean;
}

export interface Mask {
  readonly causal: boolean;
  /** Causal: keys less than this many tokens back. Else: at most this many tokens to either side. */
  readonly window?: number;
  /** Padding attends to nothing, so that its weights are all alike (DeBERTa). */
  readonly hidesPadding?: boolean;
}

export type ScoreBias =
  /** T5: a table `[buckets, heads]` of distances that are rounded to buckets. */
  | {
      readonly kind: 'buckets';
      readonly name: string;
      readonly buckets: number;
      readonly maxDistance: number;
      readonly bidirectional: boolean;
    }
  /** ALiBi: a slope for each head, times the key's position among what is no padding. */
  | {
      readonly kind: 'alibi';
      readonly slopes: readonly number[];
      /** `end`: times how far the key is from the last token instead, at most 0 (MPT). */
      readonly from?: 'end';
      /** Positions and products are rounded to bfloat16 (Falcon). */
      readonly rounded?: true;
      /** On the products (Falcon). */
      readonly factor?: number;
    };

/**
 * DeBERTa: a stored table `[2 · span, width]` of distances (query − key, at most `span` away), of
 * which queries and keys of their own are made. They are multiplied with the keys and queries of the
 * text, and scaled as those are.
 */
export interface Distances {
  readonly table: string;
  readonly norm?: Norm;
  readonly span: number;
  /** Distances above half the span are rounded to buckets, up to this one. */
  readonly bucketsUpTo?: number;
  /** Queries of the text find distances by this. */
  readonly key?: Linear;
  /** Keys of the text are found by distances by this. */
  readonly query?: Linear;
}

export interface Attention {
  readonly heads: number;
  /** Each stands for `heads / keyHeads` heads that follow one another. */
  readonly keyHeads: number;
  readonly headDim: number;
  readonly projections: Projections;
  readonly output: Linear;
  /**
   * `head`: over each head's numbers, with one set of weights `[headDim]` or with one for each
   * head `[heads, headDim]`; `all`: over all heads at once (OLMo 2).
   */
  readonly qkNorm?: {
    readonly query: Norm;
    readonly key: Norm;
    readonly over: 'head' | 'all';
    /** After the rotation instead of before it (Hunyuan). */
    readonly afterRope?: boolean;
  };
  /** Queries, keys and values are cut off at ± this, after norms over all heads (OLMo, OLMoE). */
  readonly clip?: number;
  readonly rope?: Rope;
  /** Factor on q · k. */
  readonly scale: number;
  /** cap · tanh(score / cap). */
  readonly softCap?: number;
  readonly mask: Mask;
  readonly bias?: ScoreBias;
  readonly distances?: Distances;
  /** The full name of a tensor `[heads]`: a column that takes weight and gives nothing (gpt-oss). */
  readonly sinks?: string;
}

export interface Mlp {
  readonly up: Linear;
  /** down(activation(gate(x)) · up(x)); left out: down(activation(up(x))). */
  readonly gate?: Linear;
  readonly down: Linear;
  /** Its name in Hugging Face: `gelu`, `gelu_new`, `silu`, … */
  readonly activation: string;
  /** The width between up and down, as the configuration has it. */
  readonly inner: number;
  /**
   * gpt-oss: gate and up are the even and odd columns of `up`; gate is cut off above this, up at
   * ± this and counts from 1.
   */
  readonly limit?: number;
}

/** A mixture of experts. All are computed; the weights of those that are not chosen are 0. */
export interface Experts {
  readonly router: Linear;
  /** How many are chosen for a token. */
  readonly chosen: number;
  /**
   * What weighs them: softmax over the chosen ones, shares of the softmax over all, or one after the
   * other a softmax over those that come near the best one (Phi-3.5-MoE, arXiv:2409.12136).
   */
  readonly weighing: 'chosen' | 'all' | { readonly nearBest: number };
  readonly experts: readonly Mlp[];
  /** Added for every token, times sigmoid(gate(x)) where there is a gate (Qwen 2). */
  readonly shared?: { readonly mlp: Mlp; readonly gate?: Linear };
}

export interface Layer {
  readonly attention: Attention;
  /** Of a decoder on the encoder's states. */
  readonly cross?: Attention;
  readonly mlp: Mlp | Experts;
  /** pre: x + f(norm(x)); post: norm(x + f(x)); parallel: x + attention(norm(x)) + mlp(norm(x)). */
  readonly order: 'pre' | 'post' | 'parallel';
  readonly attentionNorm?: Norm;
  readonly crossNorm?: Norm;
  readonly mlpNorm?: Norm;
  /** On what attention and MLP give, before it is added (Gemma 2 and 3, OLMo 2). */
  readonly attentionOutputNorm?: Norm;
  readonly mlpOutputNorm?: Norm;
  /** Factor on what attention and MLP give. */
  readonly residualScale?: number;
}

export interface Positions {
  /** A stored table, or sinusoids that are computed instead, `[positions, width]`. */
  readonly table:
    | { readonly name: string }
    | { readonly values: Float32Array; readonly dims: readonly [number, number] };
  /** Added to a position before it is looked up. */
  readonly offset?: number;
  /** Counted over what is not padding: from the ids (RoBERTa) or from the mask (OPT). */
  readonly from?: { readonly kind: 'ids'; readonly padding: number } | { readonly kind: 'mask' };
}

export interface Embeddings {
  readonly tokens: string;
  /** Rows of the table, as the configuration has it. */
  readonly vocabulary: number;
  readonly scale?: number;
  readonly positions?: Positions;
  /** A table of segments; one of a single row is added without an input. */
  readonly types?: string;
  readonly norm?: Norm;
  /** Positions are added at last, not before the norm (OPT, BlenderbotSmall's decoder). */
  readonly positionsLast?: boolean;
  /** States of padding are 0 (DeBERTa). */
  readonly clearsPadding?: boolean;
  /** To the width of the layers (ELECTRA, ALBERT, OPT-350m). */
  readonly projection?: Linear;
}

export interface Stack {
  readonly kind: 'encoder' | 'decoder';
  /** Numbers of a hidden state, as the configuration has it. */
  readonly width: number;
  readonly embeddings: Embeddings;
  readonly layers: readonly Layer[];
  readonly finalNorm?: Norm;
  /** Back to the width of the embeddings (OPT-350m). */
  readonly projection?: Linear;
}

/** From hidden states to logits. */
export interface Head {
  readonly transform?: {
    readonly dense: Linear;
    readonly activation?: string;
    readonly norm?: Norm;
  };
  /** Full name of the matrix `[vocabulary, width]`; a tied one is the embeddings'. */
  readonly weight: string;
  /** Full name. */
  readonly bias?: string;
  /** Rows of the matrix where they are not the vocabulary (ELECTRA's discriminator: 1). */
  readonly outputs?: number;
  /** Factor on what goes in (T5). */
  readonly inputScale?: number;
  /** Factor on what comes out. */
  readonly outputScale?: number;
  readonly softCap?: number;
}

/** Encoder and decoder, or one of them. */
export interface Architecture {
  readonly encoder?: Stack;
  readonly decoder?: Stack;
  /** Left out: the graph gives the last hidden states. */
  readonly head?: Head;
  /**
   * Full names of stored tensors that are no part of what is computed (BERT's pooler); every other
   * one must be used. Buffers that all families store are known without it.
   */
  readonly unused?: readonly RegExp[];
}
