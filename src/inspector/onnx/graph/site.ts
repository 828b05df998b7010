import type { Node, StoredTensor } from '../file/types';

/**
 * How a tensor of the graph becomes `[batch, heads, rows, columns]`. `heads`: the last two dimensions
 * are rows and columns, what comes before is batch and heads. `transposed`: columns before rows.
 * `packed`: `[batch, rows, heads · columns]`. `permuted`: `order[i]` is the dimension that comes i-th.
 * `plain`: read in the shape that it has. `column`: the first or last column of rows, as rows of one.
 */
export type Layout =
  | { readonly kind: 'heads' }
  | { readonly kind: 'transposed' }
  | { readonly kind: 'packed'; readonly heads: number }
  | { readonly kind: 'permuted'; readonly order: readonly number[] }
  | { readonly kind: 'column'; readonly at: 'first' | 'last' }
  | { readonly kind: 'plain' };

export interface TensorView {
  readonly tensor: string;
  readonly layout: Layout;
}

/** A scalar that the graph multiplies with: known, or computed at run time from shapes. */
export type Factor =
  | { readonly constant: number }
  | { readonly tensor: string; readonly inverse: boolean }
  /** 1 / √headDim, which fused operators apply by default. */
  | { readonly perRootHeadDim: true };

/**
 * Scores that the graph stores in a few bits on their way to the softmax: those below `low` and above
 * `high` become these, others multiples of `step`.
 */
export interface ScoreRounding {
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

/** What can be read of a site, by quantity. */
export type Quantity =
  | 'query'
  | 'key'
  | 'value'
  | 'scores'
  | 'maskedScores'
  | 'weights'
  | 'sink'
  | 'headOutput'
  | GateQuantity
  | DetailQuantity;
/** What multiplies the head outputs before W_O, and their product: see `FoundSite.gate`. */
export type GateQuantity = 'gate' | 'gated';
/** What surrounds the attention: read for one site at a time, in the shape that the graph gives it. */
export type DetailQuantity = 'unrotatedQuery' | 'unrotatedKey' | 'projected' | 'residual';
export type SiteViews = { readonly [Q in Quantity]?: TensorView };

/** Where a factor per head enters the computation. */
export interface ScalePoint {
  /** The tensor that is multiplied. */
  readonly tensor: string;
  readonly layout: Layout;
  /** The node that reads the product instead, or all that read the tensor. */
  readonly reader?: { readonly node: Node; readonly input: number };
}

/** Where the query, key and value of a site come from. */
export interface Origin {
  /** Tensors that were projected, followed back through reshapes and casts. */
  readonly sources: ReadonlySet<string>;
  /** The products with weights that made them, nearest first. */
  readonly projections: ReadonlySet<Node>;
  readonly rotary: boolean;
  /** Everything between the projection and the product. */
  readonly nodes: ReadonlySet<Node>;
}

/** One attention as it was found in the graph. */
export interface FoundSite {
  /** The softmax, or the fused operator. */
  readonly node: Node;
  readonly operator: string;
  /** Tensors that the main session has; what is missing is derived. */
  readonly views: SiteViews;
  /** scores = q·k × their product. */
  readonly scale: readonly Factor[];
  /**
   * Where the graph multiplies after it has added the mask, or within the soft cap: q·k as it is before
   * that, and by what it is still multiplied (NaN where the graph computes it).
   */
  readonly unfinished?: { readonly scores: TensorView; readonly factor: number };
  readonly softCap?: number;
  /**
   * What takes a part of each row beside the keys: a learned score that is no key's (`views.sink` has what
   * it takes), or the 1 in 1 + Σ exp.
   */
  readonly sink?: 'learned' | 'one';
  readonly rounding?: ScoreRounding;
  /** Scores get terms that depend on the text besides q·k, as in DeBERTa. */
  readonly hasContentBias: boolean;
  readonly query: Origin;
  readonly key: Origin;
  /** Reads another stack; told by where its keys come from, once all sites are known. */
  readonly isCross: boolean;
  /** Edges through which keys and values come in: for cross-attention, from another stack. */
  readonly memoryEdges: readonly { readonly node: Node; readonly input: number }[];
  /** The tensor from which the way back to the residual stream starts. */
  readonly queryTensor: string;
  /** The node whose output is the head output. */
  readonly end: Node;
  readonly scalePoint: ScalePoint;
  /** Nodes and tensors of a fused operator that a second session computes. */
  readonly derived?: Derivation;
  /** Its weights multiply other tensors of the text, too; only the first product is shown. */
  readonly isReused?: boolean;
  /** Why nothing of this site can be shown. */
  readonly refusal?: string;
  /**
   * Which comes first in `views.gate` and `views.gated`: heads, as in `[batch, heads, queries, headDim]`, or
   * queries, as in `[batch, queries, heads · headDim]`. Absent where nothing multiplies the head outputs.
   */
  readonly gate?: 'heads' | 'queries';
  /** W_O, or why the graph does not show it. */
  readonly projection?: OutputProjection | { readonly missing: string };
  /** Tensors beside q·k that enter the scores, for reading the positional encoding. */
  readonly biasTensors: readonly string[];
  /**
   * Where an operator says by itself which keys a query may read, whatever else it is given: how far the
   * first one is before it, Infinity without a window. No longer text shows more.
   */
  readonly statedReach?: number;
}

/** Nodes that show what a fused operator does inside, fed from tensors of the main session. */
export interface Derivation {
  readonly nodes: readonly Node[];
  readonly constants: readonly ({ readonly name: string } & (
    { readonly ints: readonly number[] } | { readonly floats: readonly number[] }
  ))[];
  readonly views: SiteViews;
  /** Outputs whose type the runtime cannot infer. */
  readonly untyped: readonly string[];
}

/** W_O of a site as the graph stores it; what it computes is `views.projected`. */
export interface OutputProjection {
  readonly weights: StoredTensor;
  /** Stored as `[modelDim, heads · headDim]` instead of `[heads · headDim, modelDim]`. */
  readonly isTransposed: boolean;
  /** Factor that the operator applies to the product. */
  readonly alpha: number;
  readonly bias?: StoredTensor;
  /** The bias is added after `views.projected`. */
  readonly biasComesAfter: boolean;
}
