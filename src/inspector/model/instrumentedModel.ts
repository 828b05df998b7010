import type { AttentionSite, ModelCard, Stack } from '../../protocol/model';
import type { FileStamps } from '../runtime/fileStamps';
import type { Tensor } from '../runtime/tensor';
import type { InputRole } from '../onnx/inputRoles';
import type { ValueInfo } from '../onnx/types';
import type { OutputHead } from './headSession';
import type { MaskValues, TokenAxes } from './inputSignature';
import type { SiteMask } from './maskFeeds';
import type { StackPositions } from './positionNumbers';
import type { Missing, Projection } from './projection';

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
  /** What surrounds the attention: before the rotation, and after the heads. */
  readonly details?: boolean;
  /** Indices into `card.sites` whose tensors are wanted; those of all sites when absent. */
  readonly sites?: ReadonlySet<number>;
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
  /** weights · value of each head, before the output projection `[batch, heads, queries, headDim]`. */
  readonly headOutput?: Tensor;
  /** Before RoPE, in the graph's own shape; with `details` only. */
  readonly unrotatedQuery?: Tensor;
  readonly unrotatedKey?: Tensor;
  /** Head outputs · W_O, `[batch, queries, modelDim]` in any shape; with `details` only. */
  readonly projected?: Tensor;
  /** Residual stream that the product with W_O is added to; with `details` only. */
  readonly residual?: Tensor;
}

/** What one run of an instrumented model brought back. */
export interface ModelRun {
  /** One entry for each site that neither the self-check nor this run refused. */
  readonly sites: readonly SiteCapture[];
  /** Why a site cannot be shown for this text, by its index in `card.sites`. */
  readonly refused?: ReadonlyMap<number, string>;
  /**
   * Residual stream before each layer and after the last, `[batch, tokens, modelDim]`; index 0 =
   * embeddings. As in Hugging Face, the last one is after the final normalisation where there is one.
   */
  readonly hiddenStates: { readonly [S in Stack]?: readonly Tensor[] };
  /** Residual stream after the last layer, before any final normalisation `[batch, tokens, modelDim]`. */
  readonly lastResidual: { readonly [S in Stack]?: Tensor };
  /** `[batch, tokens, vocabulary]`; absent for models without an output head. */
  readonly logits?: Tensor;
  /** Milliseconds in the runtime. */
  readonly runTime: number;
}

/**
 * A change to the computation of one site. Without interventions a run is bit-identical to the
 * original model.
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

/** A change to a whole run. */
export interface RunOptions {
  /** Every token is told the same position, and position biases are left out. */
  readonly equalPositions?: boolean;
}

/** An input of a graph, by the name under which it is fed. */
export interface GraphInput {
  readonly name: string;
  readonly role: InputRole;
  /** As the graph has it, with its own name. */
  readonly info: ValueInfo;
  /** How token ids lie in it, where not `[batch, tokens]`. */
  readonly axes?: TokenAxes;
  /** What its elements say, where it is a mask. */
  readonly mask?: MaskValues;
}

/** A model opened with all its attention sites exposed. */
export interface InstrumentedModel {
  readonly card: ModelCard;
  /** Files that hold its graphs and weights, as they were when they were read. */
  readonly files: FileStamps;
  readonly inputs: readonly GraphInput[];
  /**
   * Runs the model once.
   * @throws InspectorError `inputs-wrong`, `vocabulary-mismatch`, `out-of-memory`
   */
  run(
    feeds: Feeds,
    request: CaptureRequest,
    interventions?: readonly Intervention[],
    options?: RunOptions,
  ): Promise<ModelRun>;
  /**
   * Reads the numbers of a stack's position scheme.
   * @param length tokens of the text at hand
   * @param reach distances up to which biases are read
   */
  positions(stack: Stack, length: number, reach: number): Promise<StackPositions>;
  /** Reads W_O of a site, given as its index in `card.sites`. */
  projection(site: number): Projection | Missing;
  /**
   * What follows the last layer, to be applied to any state; opened once and kept.
   * @throws InspectorError `not-captured` where there are no logits, or the head cannot stand alone
   */
  head(): Promise<OutputHead>;
  dispose(): Promise<void>;
}
