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
