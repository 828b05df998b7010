import type { MaskKind } from '../../protocol/model';
import type { CellSpan } from '../../protocol/tileKernel';

/** The vectors of one head as the worker keeps them. */
export interface WorkerHead {
  readonly name: string;
  readonly queries: number;
  readonly keys: number;
  readonly headDim: number;
  readonly scale: number;
  readonly mask: MaskKind;
}

/** Rows `from`, `from + stride`, … of a head, as cells. */
export interface TileJob {
  readonly head: string;
  readonly from: number;
  readonly stride: number;
  /** log Σ exp of each row, or its largest score for weights relative to it. */
  readonly offsets: Float32Array;
  /** Rows that make a row of cells. */
  readonly perCell: number;
  readonly cells: CellSpan;
}

/** Panel → worker. */
export type WorkerRequest =
  | { readonly kind: 'open'; readonly head: WorkerHead }
  | { readonly kind: 'close'; readonly name: string }
  /** float16 bits of rows `[from, from + data.length / headDim)` of the head's query or key. */
  | {
      readonly kind: 'vectors';
      readonly name: string;
      readonly part: 'query' | 'key';
      readonly from: number;
      readonly data: Uint16Array;
    }
  | { readonly kind: 'compute'; readonly id: number; readonly job: TileJob };

/** Worker → panel. */
export type WorkerAnswer =
  | { readonly id: number; readonly codes: Uint8Array }
  | { readonly id: number; readonly error: string };
