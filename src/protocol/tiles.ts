import type { HeadAddress } from './capture';
import type { MaskKind } from './model';

/** Longest side of a map that is sent whole. */
export const LARGEST_WHOLE_MAP = 2048;

export interface HeadOfCapture extends HeadAddress {
  readonly capture: string;
}

/** How a map that is too large to be sent whole can be looked at. */
export type TilePlan =
  /** Query and key of the head are sent once; the webview computes tiles from them. */
  | {
      readonly kind: 'vectors';
      readonly queries: number;
      readonly keys: number;
      readonly headDim: number;
      readonly scale: number;
      readonly mask: MaskKind;
    }
  /** A bias or soft-cap stands between score and weight: the inspector computes the tiles. */
  | { readonly kind: 'tiles'; readonly queries: number; readonly keys: number };

/** Rows `[from, from + count)` of one head's query or key. */
export interface Vectors {
  readonly from: number;
  readonly headDim: number;
  /** float16 bits `[count, headDim]`. */
  readonly data: Uint16Array;
}

/** log Σ exp(masked score) of rows `[from, from + count)`. */
export interface RowStatistics {
  readonly from: number;
  readonly logSumExp: Float32Array;
}

/** A rectangle of a map, each cell the maximum of `step` × `step` weights. */
export interface Tile {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  readonly step: number;
  /** Weight codes `[rows, columns]`. */
  readonly codes: Uint8Array;
}
