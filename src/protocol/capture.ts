import type { Rendered } from './chat';
import type { AttentionKind, AttentionSite, ModelCard, Stack } from './model';
import type { RunSpec } from './run';
import type { Token } from './tokens';

/** Names the layers of one kind: encoder self, decoder self or decoder cross. */
export interface Block {
  readonly stack: Stack;
  readonly kind: AttentionKind;
}

/** One head of one capture. */
export interface HeadAddress extends Block {
  readonly layer: number;
  readonly head: number;
}

/**
 * What one run left in the inspector, without its tensors: those are fetched in slices. What it was made
 * of stands in it as in its spec.
 */
export interface CaptureSummary extends Omit<RunSpec, 'model'> {
  /** Handle for fetching slices; unknown to an inspector process that was started later. */
  readonly id: string;
  readonly model: ModelCard;
  /** What the chat template made of the text, where it was read as messages. */
  readonly rendered?: Rendered;
  /** Names of the chat templates that the tokenizer has. */
  readonly templates?: readonly string[];
  /** Tokens of each stack's sequence. */
  readonly tokens: { readonly [S in Stack]?: readonly Token[] };
  /** Tokens that the whole text has, where only the first ones were run. */
  readonly totalTokens: number;
  /** Sites whose numbers can be shown; refused ones stand in `model.sites` only. */
  readonly sites: readonly AttentionSite[];
  readonly timings: Timings;
  /** What people should know about this run, one sentence each. */
  readonly notes?: readonly string[];
  /** Where weights are not numbers, if some are not. */
  readonly notNumbers?: NotNumbers;
  /** The capture file that this was read from: there is no model to run again. */
  readonly file?: string;
}

/** The first head whose weights hold NaN. */
export interface NotNumbers extends HeadAddress {
  /** The first such query, how many there are in this head, and how many it has. */
  readonly query: number;
  readonly queries: number;
  readonly of: number;
  /** The mask blocks every key of these queries, so that nothing could be a number. */
  readonly isMasked: boolean;
  /** Heads of the model that have such queries. */
  readonly heads: number;
}

/** Milliseconds. */
export interface Timings {
  readonly tokenize: number;
  /** Opening the model; 0 when it was open already. */
  readonly load: number;
  readonly run: number;
  /** Turning the runtime's outputs into the capture. */
  readonly collect: number;
}

export type InspectStage = 'loading' | 'tokenizing' | 'generating' | 'running' | 'collecting';

/** Reported while an inspection is under way. */
export interface InspectProgress {
  readonly stage: InspectStage;
  /** What is being done, for people: “Running 19 tokens through 6 layers”. */
  readonly label: string;
  /** Known as soon as the text is split, before the model runs. */
  readonly tokens?: readonly Token[];
}

/**
 * The heads of a layer as one map: each head by its index, their mean or maximum, or the rollout of
 * the layers up to this one: ½A + ½I of each layer's mean, multiplied (Abnar & Zuidema 2020).
 */
export type HeadChoice = number | 'mean' | 'max' | 'rollout';

/** What the cells of a map hold. */
export type Measure =
  /** Softmax output. */
  | 'weight'
  /** ‖α · v · W_O‖ as a share of its row's sum (Kobayashi et al. 2020); single heads only. */
  | 'norm';

/** What the rows and columns of a map are. Words: sum over the key's pieces, mean over the query's. */
export type Grouping = 'token' | 'word';

/** Small pictures of all heads of a block, for the overview. */
export interface Overview {
  readonly block: Block;
  readonly layers: number;
  /** Most heads of any layer; layers with fewer leave the rest empty (code 0). */
  readonly heads: number;
  /** Rows and columns of each picture, at most 64; each cell is the maximum of what it covers. */
  readonly rows: number;
  readonly columns: number;
  /** Weight codes `[layers, heads, rows, columns]` (see `weightCode.ts`). */
  readonly codes: Uint8Array;
  /** Each row is one query instead of the maximum of a block: the text is too long for more. */
  readonly isSampled?: boolean;
}

/** One map of weights. */
export interface WeightMap {
  readonly queries: number;
  readonly keys: number;
  /** Weight codes `[queries, keys]`; a code of 0 says that the mask blocks the pair. */
  readonly codes: Uint8Array;
  /** Mean weight that each key receives from the queries that may see it `[keys]`. */
  readonly received: Float32Array;
  /** What a sink takes of each row `[queries]`; absent where there is none. */
  readonly sink?: Float32Array;
}

/** One query's row in all detail. */
export interface AttentionRow {
  readonly query: number;
  /** Softmax output `[keys]`; rows of a single head sum to 1, together with the sink. */
  readonly weights: Float32Array;
  /** What a sink takes of the row; absent where there is none. */
  readonly sink?: number;
  /** q·k × scale `[keys]`; absent for mean and max. */
  readonly scores?: Float32Array;
  /** Softmax input `[keys]`; absent for mean and max. */
  readonly maskedScores?: Float32Array;
  /** 1 where the query may attend `[keys]`. */
  readonly allowed: Uint8Array;
}

/** One query's row in each head of a layer, packed so that they travel together. */
export interface LayerRows {
  readonly query: number;
  readonly heads: number;
  readonly keys: number;
  /** Softmax output, or its norms, `[heads, keys]`. */
  readonly weights: Float32Array;
  /** What a sink takes of each row `[heads]`; absent where there is none. */
  readonly sink?: Float32Array;
  /** 1 where the query may attend `[heads, keys]`. */
  readonly allowed: Uint8Array;
}

/** One weight in every head: which heads carry query → key. */
export interface PairWeights {
  /** `[layers, heads]`, NaN where a layer has fewer heads, was refused or would need another run. */
  readonly weights: Float32Array;
  readonly layers: number;
  readonly heads: number;
}
