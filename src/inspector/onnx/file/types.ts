/** The parts of the ONNX format that the engine needs, as plain data. Weights are never in memory. */

import type { FileStamps } from '../../files/fileStamps';

/** `TensorProto.DataType`. */
export const ElementType = {
  undefined: 0,
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  uint4: 21,
  int4: 22,
} as const;

/** Floating-point element types, the only ones that activations have. */
export const floatTypes: ReadonlySet<number> = new Set([
  ElementType.float,
  ElementType.float16,
  ElementType.double,
  ElementType.bfloat16,
]);

/** Where the bytes of a tensor are. */
export type TensorData =
  /** Little-endian elements, small enough to keep. */
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  /** Little-endian elements inside a file: the model's own or an external data file. */
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly offset: number;
      readonly length: number;
    }
  /** A `TensorProto` without its name, for encodings that cannot be pointed at. */
  | { readonly kind: 'message'; readonly message: Uint8Array };

export interface StoredTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly elementType: number;
  readonly data: TensorData;
}

export interface Attribute {
  readonly name: string;
  /** The whole `AttributeProto`, copied as it is when the node is written. */
  readonly message: Uint8Array;
  readonly int?: number;
  readonly float?: number;
  readonly string?: string;
  readonly ints?: readonly number[];
  readonly floats?: readonly number[];
  readonly tensor?: StoredTensor;
  readonly graph?: Graph;
}

export interface Node {
  readonly operator: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  readonly name: string;
  readonly overload: string;
  /** Empty strings stand for optional inputs and outputs that are left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Where the node's `metadata_props` lie in the model's file; absent where it has none. */
  readonly metadata?: { readonly start: number; readonly end: number };
}

export interface ValueInfo {
  readonly name: string;
  /** `ElementType`, 0 where unknown. */
  readonly elementType: number;
  /** Numbers are fixed, strings symbolic, undefined unknown; absent where the rank is unknown. */
  readonly dims?: readonly (number | string | undefined)[];
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, StoredTensor>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

/** A function that a model defines for nodes of its own. */
export interface LocalFunction {
  readonly domain: string;
  readonly name: string;
  readonly nodes: readonly Node[];
  /** The `FunctionProto`, copied as it is. */
  readonly message: Uint8Array;
}

export interface Model {
  readonly graph: Graph;
  readonly irVersion: number;
  /** Operator set versions by domain; ONNX's own is ''. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly functions: readonly LocalFunction[];
  /** The file it was read from, with symbolic links resolved. */
  readonly path: string;
  /** The graph's file and its external data files as they were named, with what they were when read. */
  readonly files: FileStamps;
  /** Bytes of the graph's file and of its external data files. */
  readonly fileSize: number;
}
