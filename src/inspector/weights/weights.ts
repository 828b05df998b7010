import type { FileStamps } from '../files/fileStamps';

/** A tensor of a model as it is stored: how its elements are encoded, and where its bytes lie. */
export interface StoredWeight {
  /** The word of its format: `F32`, `F16`, `BF16`, or a quantisation of GGUF as `Q4_K`, or `packed`. */
  readonly dtype: string;
  /** Outermost first, as PyTorch has them, whatever the format's own order. */
  readonly dims: readonly number[];
  /** The file, symbolic links resolved. */
  readonly path: string;
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Where the numbers are levels of 4 or 8 bits: what scales them. The bytes are the levels. */
  readonly packed?: PackedWeight;
}

/** Bytes of a file. */
export interface FilePlace {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/**
 * Numbers as levels, row by row, the first of two in the low half of a byte:
 * scale · (level − zero), with a scale for each `group` of a row. Zero is the middle of the levels where
 * no other one is stored.
 */
export interface PackedWeight {
  readonly bits: 4 | 8;
  readonly group: number;
  /** All levels of the tensor `[rows, columns · bits / 8]`; a part of it begins at some row. */
  readonly levels: FilePlace;
  /** float32 `[rows, columns / group]`. */
  readonly scales: FilePlace;
  /** float32, as the scales. */
  readonly zeros?: FilePlace;
}

/** The stored tensors of a model that has no graph, whatever its format. None of them is in memory. */
export interface Weights {
  /** In the order of the files. */
  readonly names: readonly string[];
  get(name: string): StoredWeight | undefined;
  /** The files that were read, as they were named, with what they were when read. */
  readonly files: FileStamps;
  /** Bytes of all of them. */
  readonly fileSize: number;
}
