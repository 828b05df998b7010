import type { Node } from '../file/types';

/**
 * What decides which experts of a mixture treat a token, and with what weight: its block gives
 * Σ weight · expert(token) (Shazeer et al. 2017, eq. 1).
 */
export interface FoundRouter {
  /** The choice, the softmax over all experts, or the fused operator. */
  readonly node: Node;
  /** What the choice is made by, before any softmax or sigmoid `[tokens, experts]` in any shape. */
  readonly logits: string;
  /** Where the weights come from. */
  readonly source: RouterSource;
  /** Why it is not shown. */
  readonly refusal?: string;
}

export type RouterSource =
  /** Tensors of the graph: the weights, and which experts they are of; of all in their order without `chosen`. */
  | {
      readonly kind: 'tensors';
      readonly weights: string;
      readonly chosen?: string;
      /** Along which the experts of a token lie; −1 is the last one. */
      readonly axis: number;
    }
  /** A fused operator takes the softmax of the logits and keeps the best inside. */
  | { readonly kind: 'operator'; readonly count: number; readonly normalises: boolean };

/** Tensors that a capture reads of a router. */
export function routerTensors({ logits, source, refusal }: FoundRouter): readonly string[] {
  if (refusal !== undefined) return [];
  if (source.kind === 'operator') return [logits];
  return [logits, source.weights, ...(source.chosen === undefined ? [] : [source.chosen])];
}
