import type { AttentionKind, AttentionSite, Stack } from '../../protocol/model';
import type { UpdateRule } from '../onnx/graph/recurrence';
import type { GraphPoint } from '../onnx/stream/points/point';
import type { Tensor } from '../runtime/tensor';

/** A value for one of the model's own inputs: token ids, masks, past keys, encoder states. */
export interface Feed {
  readonly dims: readonly number[];
  readonly data: BigInt64Array | Int32Array | Float32Array | Uint8Array;
}

/** Feeds by input name; inputs that are missing get their default (mask of ones, positions from 0, empty past). */
export type Feeds = Readonly<Record<string, Feed>>;

/** What a run should bring back besides the logits. */
export interface CaptureRequest {
  readonly weights: boolean;
  readonly queryKeyValue: boolean;
  /** q·k × scale, before the mask. */
  readonly scores?: boolean;
  readonly maskedScores: boolean;
  readonly headOutput: boolean;
  readonly hiddenStates: boolean;
  readonly logits: boolean;
  /** What the routers of experts decided. */
  readonly experts?: boolean;
  /** What linear attentions computed, which their effective attention is made of. */
  readonly effective?: boolean;
  /** What surrounds the attention: before the rotation, and after the heads. */
  readonly details?: boolean;
  /** Indices into `card.sites` whose tensors are wanted; those of all sites when absent. */
  readonly sites?: ReadonlySet<number>;
  /** Numbers that are wanted as the run computes them where they can be changed, with every change made. */
  readonly points?: readonly PointAt[];
}

/** Where numbers of a run can be changed. */
export interface PointAt {
  readonly stack: Stack;
  readonly layer: number;
  readonly point: GraphPoint;
  /** Of an attention's numbers; `self` when absent. */
  readonly kind?: AttentionKind;
}

/** The numbers of one point. */
export interface PointCapture {
  readonly at: PointAt;
  /**
   * As `SiteCapture` has them `[batch, heads, rows, columns]`; states, and what is added to them,
   * `[batch, tokens, modelDim]`.
   */
  readonly tensor: Tensor;
}

/** Everything of one attention in one run; batch is kept as the first dimension. */
export interface SiteCapture {
  readonly site: AttentionSite;
  /** After RoPE and q/k-norm, before scaling `[batch, heads, queries, headDim]`. */
  readonly query?: Tensor;
  /** `[batch, keyHeads, keys, headDim]`. */
  readonly key?: Tensor;
  /** `[batch, keyHeads, keys, headDim]`. */
  readonly value?: Tensor;
  /** q·k × scale as the model computed it; absent where a fused operator hides it `[batch, heads, queries, keys]`. */
  readonly scores?: Tensor;
  /** Softmax input: mask, position bias and soft-cap applied `[batch, heads, queries, keys]`. */
  readonly maskedScores?: Tensor;
  /** Softmax output `[batch, heads, queries, keys]`. */
  readonly weights?: Tensor;
  /**
   * What a sink takes of each row `[batch, heads, queries, 1]`: with it rows sum to 1. Absent where there
   * is none.
   */
  readonly sink?: Tensor;
  /** weights · value of each head, before the output projection `[batch, heads, queries, headDim]`. */
  readonly headOutput?: Tensor;
  /** What multiplies the head outputs before W_O `[batch, heads, queries, headDim or 1]`; absent without one. */
  readonly gate?: Tensor;
  /** Before RoPE, in the graph's own shape; with `details` only. */
  readonly unrotatedQuery?: Tensor;
  readonly unrotatedKey?: Tensor;
  /** Head outputs · W_O, `[batch, queries, modelDim]` in any shape; with `details` only. */
  readonly projected?: Tensor;
  /** Residual stream that the product with W_O is added to; with `details` only. */
  readonly residual?: Tensor;
}

/** What the router of one layer decided in one run, the expert with most weight first. */
export interface ExpertCapture {
  readonly stack: Stack;
  readonly layer: number;
  /** Experts that it chose from. */
  readonly experts: number;
  /** Numbers of the experts of each token `[batch, tokens, chosen]`. */
  readonly chosen: Tensor;
  /** What their outputs are multiplied with before they are added up `[batch, tokens, chosen]`. */
  readonly weights: Tensor;
}

/**
 * What a linear attention computed in one run. Each head keeps a state S `[keyDim, valueDim]`. A token makes
 * it exp(decay) · S + key · uᵀ, where u is its value, step · value (Mamba-2) or, by the delta rules,
 * β · (value − Sᵀ · key) with the state that has decayed; its output is scale · query · S (Yang et al. 2024, table 4).
 */
export interface Recurrence {
  readonly rule: UpdateRule;
  readonly queryHeads: number;
  readonly valueHeads: number;
  /** 1 / √keyDim when absent. */
  readonly scale?: number;
  /** `[batch, tokens, queryHeads · keyDim]`. */
  readonly query: Tensor;
  /** `[batch, tokens, keyHeads · keyDim]`. */
  readonly key: Tensor;
  /** `[batch, tokens, valueHeads · valueDim]`. */
  readonly value: Tensor;
  /** `[batch, tokens, heads · valueDim]`. */
  readonly output: Tensor;
  /** Natural logarithms `[batch, tokens, valueHeads]` or `[batch, tokens, valueHeads · keyDim]`. */
  readonly decay?: Tensor;
  /** `[batch, tokens, valueHeads]` or `[batch, tokens, 1]`. */
  readonly beta?: Tensor;
  /** `[batch, tokens, valueHeads]`. */
  readonly step?: Tensor;
}

/** The effective attention of one layer in one run. */
export interface EffectiveCapture {
  readonly stack: Stack;
  readonly layer: number;
  readonly heads: number;
  /** What its maps are made of. */
  readonly source:
    | Recurrence
    /** The maps themselves `[batch, heads, tokens, tokens]`, as capture files have them. */
    | { readonly maps: Tensor }
    | { readonly refusal: string };
}

/** What one run of an instrumented model brought back. */
export interface ModelRun {
  /** One entry for each site that neither the self-check nor this run refused. */
  readonly sites: readonly SiteCapture[];
  /** Why a site cannot be shown for this text, by its index in `card.sites`. */
  readonly refused?: ReadonlyMap<number, string>;
  /** What routers of experts decided, in the order of the layers. */
  readonly experts?: readonly ExpertCapture[];
  /** Effective attention of layers without a softmax, in the order of the layers. */
  readonly effective?: readonly EffectiveCapture[];
  /**
   * Residual stream before each layer and after the last, `[batch, tokens, modelDim]`; index 0 =
   * embeddings. As in Hugging Face, the last one is after the final normalisation where there is one.
   */
  readonly hiddenStates: { readonly [S in Stack]?: readonly Tensor[] };
  /** Residual stream after the last layer, before any final normalisation `[batch, tokens, modelDim]`. */
  readonly lastResidual: { readonly [S in Stack]?: Tensor };
  /** `[batch, tokens, vocabulary]`; absent for models without an output head. */
  readonly logits?: Tensor;
  /** The points that were asked for, in that order; those that the model has not are left out. */
  readonly points?: readonly PointCapture[];
  /** Milliseconds in the runtime. */
  readonly runTime: number;
}

/** What a mask says of a query and a key. */
export const Edge = {
  /** The query may not attend to the key. */
  block: 0,
  /** It may, even where the model's own mask blocks it. */
  allow: 1,
  /** As the model has it. */
  keep: 2,
} as const;

/** A mask that somebody imposes, in the shape of the scores it applies to. */
export interface SiteMask {
  /** `Edge` values `[heads or 1, queries, keys]`. */
  readonly edges: Uint8Array;
  readonly dims: readonly [number, number, number];
}

/**
 * A change to the computation of one site. Without interventions runs of a text give the same bits each
 * time, and those of the original model but for what the runtime fuses there and not here
 * (`ModelCard.outputCheck` says by how much).
 */
export interface Intervention {
  /** Index into `card.sites`. */
  readonly site: number;
  /** Factor on each head's weights `[heads]`. */
  readonly headScale?: Float32Array;
  /**
   * Changes the model's mask in every row of the batch. An edge that is allowed although the model
   * blocks it gets its plain score, without position bias. Fused operators have no mask to change.
   */
  readonly mask?: SiteMask;
}

/**
 * Numbers `[batch, heads, rows, columns]`, or 1 where they are the same for all of a dimension. States are
 * `[batch, 1, tokens, modelDim]`; keys and values have as many heads as there are key heads.
 */
export interface Numbers<E extends Float32Array | Uint8Array = Float32Array> {
  readonly dims: readonly number[];
  readonly data: E;
}

/**
 * One change to the numbers x of a point: (mask ? value : x) · keep + add; then, for weights alone, some keys
 * of a row get what they are given and the others share what is left.
 */
export interface PointStep {
  /** 1 where numbers are replaced. */
  readonly mask?: Numbers<Uint8Array>;
  readonly value?: Numbers;
  /** Not for masked scores, of which blocked ones are −∞. */
  readonly keep?: Numbers;
  readonly add?: Numbers;
  readonly force?: {
    /** 1 where a key gets what it is given `[batch, heads, queries, keys]`. */
    readonly keys: Numbers<Uint8Array>;
    readonly weights: Numbers;
  };
}

/** Changes to the numbers of one point, one after the other. */
export interface PointOverride {
  readonly at: PointAt;
  readonly steps: readonly PointStep[];
}

/** A change to a whole run. */
export interface RunOptions {
  /** Every token is told the same position, and position biases are left out. */
  readonly equalPositions?: boolean;
  /** Numbers that are other than the model computes them, one entry a point. */
  readonly overrides?: readonly PointOverride[];
}

/** The same attention in another run of the model; undefined where that run has none. */
export function sameSite({ sites }: ModelRun, one: AttentionSite): SiteCapture | undefined {
  return sites.find(
    ({ site }) => site.stack === one.stack && site.kind === one.kind && site.layer === one.layer,
  );
}
