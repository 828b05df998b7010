import { fromBfloat16, fromHalf } from '../../../protocol/float16';
import { ElementType } from './types';

const sizes: Readonly<Record<number, number>> = {
  [ElementType.float]: 4,
  [ElementType.uint8]: 1,
  [ElementType.int8]: 1,
  [ElementType.uint16]: 2,
  [ElementType.int16]: 2,
  [ElementType.int32]: 4,
  [ElementType.int64]: 8,
  [ElementType.bool]: 1,
  [ElementType.float16]: 2,
  [ElementType.double]: 8,
  [ElementType.uint32]: 4,
  [ElementType.uint64]: 8,
  [ElementType.bfloat16]: 2,
  [ElementType.uint4]: 0.5,
  [ElementType.int4]: 0.5,
  // complex64, complex128 and the 8-bit floats
  14: 8,
  15: 16,
  17: 1,
  18: 1,
  19: 1,
  20: 1,
  23: 0.5,
};

/** Bytes of one element; 0 for strings and unknown types. */
export function elementSize(elementType: number): number {
  return sizes[elementType] ?? 0;
}

/** Decodes little-endian elements; undefined for types that are no numbers for us. */
export function bytesToElements(bytes: Uint8Array, elementType: number): number[] | undefined {
  const size = elementSize(elementType);
  if (size < 1) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[elementType];
  if (!read) return undefined;
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => read(view, i * size));
}

const readers: Readonly<Record<number, (view: DataView, at: number) => number>> = {
  [ElementType.float]: (view, at) => view.getFloat32(at, true),
  [ElementType.double]: (view, at) => view.getFloat64(at, true),
  [ElementType.float16]: (view, at) => fromHalf(view.getUint16(at, true)),
  [ElementType.bfloat16]: (view, at) => fromBfloat16(view.getUint16(at, true)),
  [ElementType.int64]: (view, at) => Number(view.getBigInt64(at, true)),
  [ElementType.uint64]: (view, at) => Number(view.getBigUint64(at, true)),
  [ElementType.int32]: (view, at) => view.getInt32(at, true),
  [ElementType.uint32]: (view, at) => view.getUint32(at, true),
  [ElementType.int16]: (view, at) => view.getInt16(at, true),
  [ElementType.uint16]: (view, at) => view.getUint16(at, true),
  [ElementType.int8]: (view, at) => view.getInt8(at),
  [ElementType.uint8]: (view, at) => view.getUint8(at),
  [ElementType.bool]: (view, at) => view.getUint8(at),
};

/**
 * Encodes the integers of `int32_data` or `int64_data`; undefined where that would lose something.
 * Halves are stored there as their bits.
 */
export function elementsToBytes(
  values: readonly number[],
  elementType: number,
): Uint8Array | undefined {
  const write = writers[elementType];
  // The reader rounds integers beyond 2^53: those tensors must be copied as they are.
  if (!write || !values.every(Number.isSafeInteger)) return undefined;
  const size = elementSize(elementType);
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => write(view, i * size, value));
  return bytes;
}

const writers: Readonly<Record<number, (view: DataView, at: number, value: number) => void>> = {
  [ElementType.int64]: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  [ElementType.int32]: (view, at, value) => view.setInt32(at, value, true),
  [ElementType.int16]: (view, at, value) => view.setInt16(at, value, true),
  [ElementType.uint16]: (view, at, value) => view.setUint16(at, value, true),
  [ElementType.int8]: (view, at, value) => view.setInt8(at, value),
  [ElementType.uint8]: (view, at, value) => view.setUint8(at, value),
  [ElementType.bool]: (view, at, value) => view.setUint8(at, value),
  [ElementType.float16]: (view, at, value) => view.setUint16(at, value, true),
  [ElementType.bfloat16]: (view, at, value) => view.setUint16(at, value, true),
};
