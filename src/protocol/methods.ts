import * as v from 'valibot';
import type { BreakpointHits } from './breakpoints';
import type { AttentionRow, LayerRows, Overview, PairWeights, WeightMap } from './capture';
import type { Difference, Shares } from './comparison';
import type { Computation } from './computation';
import type { EffectiveAttention } from './effective';
import type { Experts } from './experts';
import type { FirstDivergence } from './firstDivergence';
import type { HeadFacts } from './headFacts';
import type { Attribution, Distribution, Lens, Residuals } from './layers';
import type { InterventionEffect } from './intervention';
import type { Divergence, Predictions } from './outputs';
import {
  directionSchema,
  HEAD_PARTS,
  measureSchema,
  STATE_PARTS,
  sweepSchema,
  type HeadAttribution,
  type PatchMaps,
  type PathEffect,
  type SweepMap,
} from './patching';
import type { DistanceScores, OrderEffect, Positions } from './positions';
import type { Handlers } from './rpc';
import { block, capture, finite, index } from './schemas';
import type { RowStatistics, SinkShares, Tile, TilePlan, Vectors } from './tiles';

/** A method of a channel: how its parameters are checked, and what it answers. */
export interface Method<S extends v.GenericSchema, R> {
  readonly params: S;
  /** May take seconds: people are offered to cancel it, and its handler heeds its signal. */
  readonly isLong: boolean;
  /** Of the answer: known to the compiler alone. */
  readonly answer?: R;
}

/** A row of a table of methods: `answers<Overview>()(schema)`. */
export const answers =
  <R>() =>
  <S extends v.GenericSchema>(params: S, isLong = false): Method<S, R> => ({ params, isLong });

/** The interface that a table of methods describes. */
export type ApiOf<T> = {
  [M in keyof T]: T[M] extends Method<infer S, infer R>
    ? (params: v.InferOutput<S>) => Promise<R>
    : never;
};

const { stack, kind } = block.entries;
const headChoice = v.union([index, v.picklist(['mean', 'max', 'rollout'])]);
const layerAddress = {
  capture,
  block,
  layer: index,
  measure: v.exactOptional(v.picklist(['weight', 'norm'])),
  grouping: v.exactOptional(v.picklist(['token', 'word'])),
};
const mapAddress = { ...layerAddress, head: headChoice };
const headOfCapture = { capture, stack, kind, layer: index, head: index };
const pairOfCaptures = { before: capture, after: capture };
const range = { from: index, count: v.pipe(index, v.minValue(1), v.maxValue(1 << 16)) };
const step = v.pipe(index, v.minValue(1));
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024));

/**
 * What can be read of one run, or of two beside each other: one row a method. The inspector answers
 * them (`reads.ts`), the host passes them on, the webview asks.
 */
export const READS = {
  overview: answers<Overview>()(v.strictObject({ capture, block })),
  map: answers<WeightMap>()(v.strictObject(mapAddress)),
  row: answers<AttentionRow>()(v.strictObject({ ...mapAddress, query: index })),
  layerRows: answers<LayerRows>()(v.strictObject({ ...layerAddress, query: index })),
  pair: answers<PairWeights>()(v.strictObject({ capture, block, query: index, key: index })),
  headFacts: answers<HeadFacts>()(v.strictObject({ capture, block })),
  computation: answers<Computation>()(v.strictObject({ ...headOfCapture, query: index, ...range })),
  shares: answers<Shares>()(v.strictObject({ capture, block })),
  difference: answers<Difference>()(
    v.strictObject({ ...pairOfCaptures, block, layer: index, head: headChoice }),
  ),
  /** The `count` most probable outputs at one token of the stack that has the output head. */
  predictions: answers<Predictions>()(v.strictObject({ capture, token: index, count: side })),
  divergence: answers<Divergence>()(v.strictObject(pairOfCaptures)),
  /** Where the models of two runs part; progress values are the share that is done, 0 to 1. */
  firstDivergence: answers<FirstDivergence>()(v.strictObject(pairOfCaptures), true),
  /** Where a condition holds, in the order of computation. Fails with `inputs-wrong` where it is none. */
  breakpoints: answers<BreakpointHits>()(
    v.strictObject({ capture, condition: v.pipe(v.string(), v.maxLength(1000)) }),
    true,
  ),
  /** Fails with `not-captured` where the layer has no experts. */
  experts: answers<Experts>()(v.strictObject({ capture, stack, layer: index })),
  /** Fails with `not-captured` where the layer has a softmax, or is not known in its numbers. */
  effective: answers<EffectiveAttention>()(
    v.strictObject({ capture, stack, layer: index, head: index }),
  ),
  residuals: answers<Residuals>()(v.strictObject({ capture, stack })),
  /** Predictions by layer; progress values are `LensProgress`. */
  lens: answers<Lens>()(
    v.strictObject({
      capture,
      kind: v.picklist(['logitLens', 'maskedLm']),
      ...range,
      best: v.pipe(index, v.minValue(1), v.maxValue(20)),
    }),
    true,
  ),
  attribution: answers<Attribution>()(
    v.strictObject({ capture, token: index, id: v.exactOptional(index) }),
  ),
  distribution: answers<Distribution>()(
    v.strictObject({
      capture,
      token: index,
      count: v.pipe(index, v.minValue(1), v.maxValue(100)),
      temperature: v.pipe(finite, v.minValue(0), v.maxValue(10)),
      topK: index,
      topP: v.pipe(finite, v.gtValue(0), v.maxValue(1)),
    }),
  ),
  positions: answers<Positions>()(v.strictObject({ capture, stack })),
  distanceScores: answers<DistanceScores>()(v.strictObject(headOfCapture)),
  /** Fails with `inputs-wrong` where `after` is no reordering of `before`. */
  orderEffect: answers<OrderEffect>()(v.strictObject({ ...pairOfCaptures, block })),
  /** How the map of a head that is too long to be sent whole is to be drawn. */
  tilePlan: answers<TilePlan>()(v.strictObject(headOfCapture)),
  sinkShares: answers<SinkShares>()(v.strictObject(headOfCapture)),
  vectors: answers<Vectors>()(
    v.strictObject({ ...headOfCapture, part: v.picklist(['query', 'key']), ...range }),
  ),
  rowStatistics: answers<RowStatistics>()(
    v.strictObject({ ...headOfCapture, ...range, stride: v.exactOptional(step) }),
  ),
  tile: answers<Tile>()(
    v.strictObject({
      ...headOfCapture,
      row: index,
      column: index,
      rows: side,
      columns: side,
      step,
      sampled: v.exactOptional(v.boolean()),
      relative: v.exactOptional(v.boolean()),
    }),
  ),
  /** What each intervention of a run, on or off, does alone; progress values are `InterventionEffect`. */
  effects: answers<readonly InterventionEffect[]>()(
    v.strictObject({ capture, token: index }),
    true,
  ),
  /**
   * A is `before`, B is `after`: two runs of one model with equally many tokens. Progress values are
   * `PatchRow`.
   */
  patching: answers<PatchMaps>()(
    v.strictObject({
      ...pairOfCaptures,
      /** Whose layers are patched; those of the stack with the output when absent. */
      stack: v.exactOptional(stack),
      /** Which attention of a layer; `self` when absent. */
      kind: v.exactOptional(kind),
      parts: v.pipe(
        v.array(v.picklist([...STATE_PARTS, ...HEAD_PARTS])),
        v.minLength(1),
        v.maxLength(8),
        v.readonly(),
      ),
      direction: directionSchema,
      measure: measureSchema,
      token: index,
    }),
    true,
  ),
  /** From one head's output to what a later one reads, all else held; `share` as in patch maps. */
  path: answers<readonly PathEffect[]>()(
    v.strictObject({
      ...pairOfCaptures,
      stack,
      from: v.strictObject({ layer: index, head: index }),
      to: v.strictObject({ layer: index, head: index }),
      direction: directionSchema,
      measure: measureSchema,
      token: index,
    }),
    true,
  ),
  /** Progress values are the share that is done, 0 to 1. */
  sweep: answers<SweepMap>()(
    v.strictObject({
      capture,
      stack: v.exactOptional(stack),
      kind: v.exactOptional(kind),
      sweep: sweepSchema,
      measure: measureSchema,
      token: index,
    }),
    true,
  ),
  headAttribution: answers<HeadAttribution>()(
    v.strictObject({ capture, measure: measureSchema, token: index }),
  ),
} as const;

export type ReadName = keyof typeof READS;
export type ReadApi = ApiOf<typeof READS>;
export const READ_NAMES = Object.keys(READS) as readonly ReadName[];

/** Handlers of all reads, each made by its name. */
export function eachRead(
  make: (method: ReadName) => (...all: Parameters<Handlers<ReadApi>[ReadName]>) => unknown,
): Handlers<ReadApi> {
  const made = READ_NAMES.map(method => [method, make(method)] as const);
  return Object.fromEntries(made) as unknown as Handlers<ReadApi>;
}
