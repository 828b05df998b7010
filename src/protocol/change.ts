/** A mask that a run is made with instead of the model's own; applies to all self-attention. */
export type MaskChange =
  /** No query sees a later key. */
  | { readonly kind: 'causal' }
  /** Every query sees every key. */
  | { readonly kind: 'bidirectional' }
  /** A query sees keys up to `before` back and `after` ahead; what the model blocks stays blocked. */
  | { readonly kind: 'window'; readonly before: number; readonly after: number }
  /** `count` padding tokens on one side, with an attention mask that hides them. */
  | {
      readonly kind: 'padding';
      readonly side: 'left' | 'right';
      readonly count: number;
      /** Leaves the padding visible: what a forgotten attention mask does. */
      readonly unmasked?: boolean;
    };

/** Most padding tokens that can be asked for. */
export const MOST_PADDING = 256;

/** A run with its tokens in another order, or with positions that tell nothing. */
export interface OrderChange {
  /** Token of the plain run at each place: a permutation `[tokens]`; absent where the order stays. */
  readonly order?: readonly number[];
  /** `equal`: every token is told the same position, and position biases are left out. */
  readonly positions: 'own' | 'equal';
}
