import type { FileStamps } from '../files/fileStamps';

/** A tensor of a model as it is stored: how its elements are encoded, and where its bytes lie. */
export interface StoredWeight {
  /** The word of its format: `F32`, `F16`, `BF16`, or a quantisation of GGUF as `Q4_K`. */
  readonly dtype: string;
  /** Outermost first, as PyTorch has them, whatever the format's own order. */
  readonly dims: readonly number[];
  /** The file, symbolic links resolved. */
  readonly path: string;
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
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
