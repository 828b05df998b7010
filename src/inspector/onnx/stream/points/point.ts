import type { Node } from '../../file/types';
import type { Layout } from '../../graph/site';

/** Numbers of one attention that a graph may have as tensors, by what they are called where people change them. */
export const SITE_POINTS = [
  'query',
  'key',
  'value',
  'maskedScores',
  'weights',
  'headOutput',
] as const;
export type SitePoint = (typeof SITE_POINTS)[number];
/** `[tokens, modelDim]`: the stream, and what is added to it. */
export const STATE_POINTS = ['residual', 'attentionOutput', 'feedForwardOutput'] as const;
export type StatePoint = (typeof STATE_POINTS)[number];
export type GraphPoint = SitePoint | StatePoint;

export function isStatePoint(point: GraphPoint): point is StatePoint {
  return (STATE_POINTS as readonly string[]).includes(point);
}

/** A fused addition and normalisation. Taken apart, it shows what it adds and what it normalises. */
export interface FusedAddition {
  readonly node: Node;
  /** Which of its first two inputs is what is added; the other is the stream. */
  readonly branch: 0 | 1;
}

/** One tensor through which numbers can be changed. */
export interface PointTensor {
  readonly tensor: string;
  readonly layout: Layout;
  /** What has to be taken apart so that the graph has the tensor, and goes on from it. */
  readonly fused?: FusedAddition;
}

/** Where numbers lie: in a stream of the graph, by the order of its streams. */
export interface PointPlace {
  readonly stream: number;
  readonly layer: number;
  readonly point: GraphPoint;
  /** Of an attention. */
  readonly kind?: 'self' | 'cross';
}

/** A place where the numbers of a run can be read and changed. */
export interface FoundPoint extends PointPlace {
  /** The graph's site, where it is one of its numbers. */
  readonly site?: number;
  /** Tensors whose sum the numbers are: one, but where a layer adds several to the stream. */
  readonly tensors: readonly [PointTensor, ...PointTensor[]];
}

/** A place where they cannot. */
export interface MissingPoint extends PointPlace {
  readonly site?: number;
  /** One sentence. */
  readonly reason: string;
}
