import type { Block, HeadAddress } from './capture';
import type { Stack } from './model';

/** One number per position and dimension, as the model adds it to its embeddings. */
export interface PositionTable {
  /** Position that the first row is of. */
  readonly first: number;
  readonly rows: number;
  readonly dims: number;
  /** `[rows, dims]` */
  readonly values: Float32Array;
  /** Positions that the model knows; more than `rows` where only the first ones are here. */
  readonly total: number;
}

/** How a stack knows order, with the model's own numbers. */
export type PositionScheme =
  | { readonly kind: 'learned' | 'sinusoidal'; readonly table: PositionTable }
  | {
      readonly kind: 'rotary';
      /** Radians per position of each rotated pair `[rotaryDim / 2]`. */
      readonly frequencies: Float32Array;
      /** Dimensions of a head, and how many of them are rotated. */
      readonly headDim: number;
      readonly rotaryDim: number;
      /** Pairs are (0, 1), (2, 3), … instead of (0, n), (1, n + 1), …, if known. */
      readonly isInterleaved?: boolean;
      /** Absent where the frequencies are no powers of one base. */
      readonly base?: number;
      /** How the frequencies were scaled, from the configuration: `linear`, `llama3`, `yarn`. */
      readonly scaling?: string;
    }
  | {
      readonly kind: 'relativeBias';
      readonly heads: number;
      /** Distance key − query of the first column. */
      readonly firstDistance: number;
      /** Bias by head and distance, as added to the scores `[heads, distances]`; NaN where never seen. */
      readonly bias: Float32Array;
      readonly buckets?: number;
      readonly maxDistance?: number;
    }
  | { readonly kind: 'alibi'; readonly slopes: Float32Array }
  | { readonly kind: 'none' };

/** The position scheme of one stack. */
export interface Positions {
  readonly stack: Stack;
  /** Layers that have it, where not all do (relative bias of the first layer is shared by all). */
  readonly layers: readonly number[];
  readonly scheme: PositionScheme;
  /** What people should know about it, one sentence each. */
  readonly notes: readonly string[];
}

/** Mean scores of one head by distance key − query, with the position part and without. */
export interface DistanceScores extends HeadAddress {
  readonly firstDistance: number;
  /** Mean masked-in score `[distances]`; NaN where the mask allows no pair. */
  readonly withPosition: Float32Array;
  readonly withoutPosition: Float32Array;
  /** Pairs behind each mean `[distances]`. */
  readonly pairs: Uint32Array;
  /** How the part was taken away, one sentence for people. */
  readonly method: string;
}

/** What another order did, layer by layer and head by head; tokens are compared with themselves. */
export interface OrderEffect {
  readonly block: Block;
  readonly layers: number;
  readonly heads: number;
  /** Weight that moved: total variation of a token's row, mean over the tokens `[layers, heads]`; NaN where there is no head. */
  readonly moved: Float32Array;
  /** The same for each token, mean over the heads `[tokens]`, in the order before. */
  readonly movedOfToken: Float32Array;
  /**
   * KL(before ‖ after) of the output in nats `[tokens of the stack that has the output head]`, in the
   * order before; absent without logits.
   */
  readonly kl?: Float32Array;
  /** Whether the most probable token is another one, of the same tokens. */
  readonly flipped?: Uint8Array;
}
