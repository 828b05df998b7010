import type { StoredWeight } from '../../weights/weights';
import type { GraphBuilder, Value } from './graphBuilder';

/** A stored tensor, or some rows of its first dimension. */
export interface StoredPart extends StoredWeight {
  /** Different for each part of each tensor: what is made of it is named after this. */
  readonly label: string;
}

/**
 * How tensors come into the graph whose numbers the runtime cannot take as they lie: quantised
 * ones. Given to the builder by the format that has them.
 */
export interface Encodings {
  /** Whether tensors of this dtype are its own; all others must be plain floating-point numbers. */
  has(dtype: string): boolean;
  /**
   * x · Wᵀ for a packed W `[out, in]`, as one node: what follows must not look like a sum. Undefined
   * where its numbers are to be taken from `expanded`.
   */
  product(g: GraphBuilder, x: Value, weights: StoredPart): Value | undefined;
  /** The rows of a packed table `[rows, width]` that `indices` name; undefined as above. */
  lookUp(g: GraphBuilder, table: StoredPart, indices: Value): Value | undefined;
  /** Where the float32 numbers of a tensor lie, little-endian. */
  expanded(part: StoredPart): {
    readonly path: string;
    readonly offset: number;
    readonly length: number;
  };
}
