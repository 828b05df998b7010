import { InspectorError } from '../../protocol/errors';
import { widenBfloat16s, widenHalves } from '../../protocol/float16';
import {
  parseHeader,
  writeHeader,
  type SafetensorsDtype,
  type SafetensorsHeader,
  type TensorPlace,
} from './safetensorsHeader';

/** One tensor; the element type of `data` follows `dtype` (F16 and BF16 are bits in a Uint16Array). */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly dims: readonly number[];
  readonly data:
    | Float64Array
    | Float32Array
    | Uint16Array
    | BigInt64Array
    | Int32Array
    | Int16Array
    | Int8Array
    | Uint8Array;
}

/** Tensors by name in file order, and the file's own string metadata. */
export class Safetensors extends Map<string, SafetensorsEntry> {
  metadata: SafetensorsHeader['metadata'] = {};
}

/**
 * Reads a whole `.safetensors` file. Every offset is checked against the file before use.
 * @throws InspectorError `inputs-wrong` with what is wrong with the file
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  if (bytes.length < 8) fail('it is shorter than its 8-byte header length');
  const headerLength = Number(viewOf(bytes).getBigUint64(0, true));
  const start = 8 + headerLength;
  if (start > bytes.length) fail(`its header claims ${headerLength} bytes, more than the file has`);
  const header = parseHeader(bytes.subarray(8, start), bytes.length - start, fail);
  const result = new Safetensors();
  result.metadata = header.metadata;
  for (const [name, { dtype, dims, from, to }] of header.tensors) {
    // Not `bytes.slice`: a Buffer's slice is a view, and views need alignment.
    const copy = new Uint8Array(bytes.subarray(start + from, start + to));
    result.set(name, { dtype, dims, data: typedArray(dtype, copy.buffer) });
  }
  return result;
}

/** Serializes tensors and string metadata; the data is aligned to 8 bytes. */
export function writeSafetensors(
  tensors: Iterable<readonly [string, SafetensorsEntry]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const places = new Map<string, TensorPlace>();
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, dims, data }] of tensors) {
    const part = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    places.set(name, { dtype, dims, from: offset, to: offset + part.length });
    parts.push(part);
    offset += part.length;
  }
  const header = writeHeader({ metadata, tensors: places });
  const bytes = new Uint8Array(header.length + offset);
  bytes.set(header);
  let at = header.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The values of a tensor as float32, whatever its element type. */
export function toFloat32({ dtype, data }: Omit<SafetensorsEntry, 'dims'>): Float32Array {
  if (data instanceof Float32Array) return data;
  if (dtype === 'F16') return widenHalves(data as Uint16Array);
  if (dtype === 'BF16') return widenBfloat16s(data as Uint16Array);
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  return Float32Array.from(data);
}

/** Bytes of a file as the elements that they are; the buffer is not copied. */
export function typedArray(dtype: SafetensorsDtype, buffer: ArrayBuffer): SafetensorsEntry['data'] {
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer);
    case 'F32':
      return new Float32Array(buffer);
    case 'F16':
    case 'BF16':
      return new Uint16Array(buffer);
    case 'I64':
      return new BigInt64Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'I16':
      return new Int16Array(buffer);
    case 'I8':
      return new Int8Array(buffer);
    case 'U8':
    case 'BOOL':
      return new Uint8Array(buffer);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function fail(what: string): never {
  throw new InspectorError('inputs-wrong', `The safetensors file cannot be read: ${what}.`);
}
