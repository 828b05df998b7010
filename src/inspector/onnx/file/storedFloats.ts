import { closeSync, openSync, readSync } from 'node:fs';
import { widenBfloat16s, widenHalves } from '../../../protocol/float16';
import { elementSize } from './elements';
import { ElementType, type StoredTensor } from './types';

/** All elements of a stored tensor as float32; undefined where they are no floating-point numbers. */
export function storedFloats(tensor: StoredTensor): Float32Array | undefined {
  const { data, elementType, dims } = tensor;
  const count = dims.reduce((product, dim) => product * dim, 1);
  const length = count * elementSize(elementType);
  if (data.kind === 'message' || !convert[elementType]) return undefined;
  const bytes = new Uint8Array(length);
  if (data.kind === 'inline') {
    if (data.bytes.length !== length) return undefined;
    bytes.set(data.bytes);
  } else {
    if (data.length !== length) return undefined;
    const descriptor = openSync(data.path, 'r');
    try {
      if (readSync(descriptor, bytes, 0, length, data.offset) !== length) return undefined;
    } finally {
      closeSync(descriptor);
    }
  }
  return convert[elementType](bytes.buffer);
}

/** Stored numbers are little-endian, as every machine is that the runtime exists for. */
const convert: Readonly<Record<number, (buffer: ArrayBuffer) => Float32Array>> = {
  [ElementType.float]: buffer => new Float32Array(buffer),
  [ElementType.double]: buffer => Float32Array.from(new Float64Array(buffer)),
  [ElementType.float16]: buffer => widenHalves(new Uint16Array(buffer)),
  [ElementType.bfloat16]: buffer => widenBfloat16s(new Uint16Array(buffer)),
};
