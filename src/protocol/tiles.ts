import type { HeadAddress } from './capture';
import type { MaskKind } from './model';

/** Longest side of a map that is sent whole. */
export const LARGEST_WHOLE_MAP = 2048;
/** Tokens on a side of the blocks whose maxima are kept for looking at a long text from afar. */
export const BASE_STEP = 32;

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
  /** More than a mask stands between score and weight: the inspector computes the tiles. */
  | {
      readonly kind: 'tiles';
      readonly queries: number;
      readonly keys: number;
      /** A sink takes a part of each row: `sinkShares` tells how much. */
      readonly hasSink?: true;
    };

/** What a sink takes of each row of one head, beside the largest weight of the row `[queries]` each. */
export interface SinkShares {
  readonly sink: Float32Array;
  readonly largest: Float32Array;
}

/** Rows `[from, from + count)` of one head's query or key. */
export interface Vectors {
  readonly from: number;
  readonly headDim: number;
  /** float16 bits `[count, headDim]`. */
  readonly data: Uint16Array;
}

export interface RowStatisticsParams extends HeadOfCapture {
  readonly from: number;
  readonly count: number;
  /** From one row to the next; 1 when absent. */
  readonly stride?: number;
}

/** What turns the scores of rows `from`, `from + stride`, … into weights. */
export interface RowStatistics {
  readonly from: number;
  readonly stride: number;
  /** log Σ exp(masked score) `[count]`; −∞ where the mask blocks the whole row. */
  readonly logSumExp: Float32Array;
  /** Largest masked score `[count]`. */
  readonly largest: Float32Array;
}

export interface TileParams extends HeadOfCapture {
  /** First query and key of the tile. */
  readonly row: number;
  readonly column: number;
  /** Cells down and across. */
  readonly rows: number;
  readonly columns: number;
  /** Queries and keys on a side of a cell. */
  readonly step: number;
  /** Each row of cells looks at the middle one of its queries only. */
  readonly sampled?: boolean;
  /** Weights as shares of the largest one of their row. */
  readonly relative?: boolean;
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

/** Keys `[first, end)`. */
export interface KeySpan {
  readonly first: number;
  readonly end: number;
}

/**
 * The keys that a mask lets a query see.
 * @param position of the query among the keys: in self-attention the last query sees the last key
 */
export function visibleSpan(mask: MaskKind, position: number, keys: number): KeySpan {
  switch (mask.kind) {
    case 'bidirectional':
      return { first: 0, end: keys };
    case 'causal':
      return { first: 0, end: Math.min(keys, mask.excludesSelf ? position : position + 1) };
    case 'window':
      return {
        first: Math.min(keys, Math.max(0, position - mask.before)),
        end: Math.min(keys, position + mask.after + 1),
      };
  }
}

/** The query that stands for a row of cells where only one is looked at. */
export function sampledQuery(firstQuery: number, step: number, queries: number): number {
  return Math.min(queries - 1, firstQuery + Math.floor(step / 2));
}
