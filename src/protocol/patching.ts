import * as v from 'valibot';
import { index } from './schemas';

/** What patching and sweeps measure of the output at one token. */
export const measureSchema = v.variant('kind', [
  /** Logit of one entry minus that of another. */
  v.strictObject({ kind: v.literal('logitDifference'), answer: index, other: index }),
  /** Probability of one entry. */
  v.strictObject({ kind: v.literal('probability'), answer: index }),
  /** KL(run that is restored ‖ patched run), in nats. */
  v.strictObject({ kind: v.literal('divergence') }),
]);
export type Measure = Readonly<v.InferOutput<typeof measureSchema>>;

/** States that are patched token by token: one cell is one layer and one token. */
export const STATE_PARTS = ['residual', 'attentionOutput', 'feedForwardOutput'] as const;
/** Numbers of heads that are patched at all tokens: one cell is one layer and one head. */
export const HEAD_PARTS = ['headOutput', 'weights', 'value', 'query', 'key'] as const;
export type StatePart = (typeof STATE_PARTS)[number];
export type HeadPart = (typeof HEAD_PARTS)[number];
export type PatchPart = StatePart | HeadPart;

/** What is put where: the states of A into the run of B, or those of B into the run of A. */
export const directionSchema = v.picklist(['intoB', 'intoA']);
export type Direction = v.InferOutput<typeof directionSchema>;

/** A row of a patch map, as it is computed; those of the last layer come first. */
export interface PatchRow {
  readonly part: PatchPart;
  readonly layer: number;
  /**
   * Share of the difference between the two runs that the patch brings back `[columns]`: 1 = the output of
   * the run that the patch comes from, 0 = nothing changed.
   */
  readonly shares: Float32Array;
}

/** What patching one state at a time from one run into another does to the output. */
export interface PatchMaps {
  /** The measure of the plain runs. */
  readonly ofA: number;
  readonly ofB: number;
  readonly rows: readonly PatchRow[];
  /** Why a part is not patched, or not in some layers: one sentence each. */
  readonly missing: readonly { readonly part: PatchPart; readonly reason: string }[];
  /** Runs with one cell changed each, and the batches that they were run in. */
  readonly patches: number;
  readonly batches: number;
  readonly milliseconds: number;
}

/** What a sweep changes, one thing a cell. */
export const sweepSchema = v.variant('kind', [
  /** Each head off: zero, or its mean over the tokens of the text. */
  v.strictObject({ kind: v.literal('heads'), how: v.picklist(['zero', 'mean']) }),
  /** Each edge of one query blocked, head by head in one layer, or in all layers and heads together. */
  v.strictObject({
    kind: v.literal('edges'),
    query: index,
    layer: v.exactOptional(index),
  }),
  /** Each token occluded: its embedding replaced with the mean over the text's tokens. */
  v.strictObject({ kind: v.literal('tokens') }),
]);
export type Sweep = Readonly<v.InferOutput<typeof sweepSchema>>;

/** The effect of each thing alone on the measure. */
export interface SweepMap {
  readonly sweep: Sweep;
  /** The measure of the plain run. */
  readonly plain: number;
  /** The measure with each off, minus the plain one `[rows, columns]`; NaN where it cannot be made. */
  readonly effects: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /**
   * Heads: the same with a random vector of the norm that the head's output changed by instead, mean of
   * some `[rows, columns]`.
   */
  readonly random?: Float32Array;
  readonly missing: readonly string[];
  readonly milliseconds: number;
}

/** What each head adds to the measure directly: its output · W_O, through the output head. */
export interface HeadAttribution {
  /** Logits `[layers, heads]`; NaN where it is not known. */
  readonly direct: Float32Array;
  readonly layers: number;
  readonly heads: number;
  readonly missing: readonly string[];
}

/** What a path from one head to a later one carries. */
export interface PathEffect {
  /** Of the later head. */
  readonly into: 'query' | 'key' | 'value';
  /** Share of the difference that the path brings back. */
  readonly share: number;
}
