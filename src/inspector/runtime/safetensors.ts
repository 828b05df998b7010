import * as v from 'valibot';
import { InspectorError } from '../../protocol/errors';
import { fromBfloat16, widenHalves } from './float16';
import { sizeOf } from './tensor';

/** Element types of the format that we read, with the bytes of one element. */
const elementBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;
export type SafetensorsDtype = keyof typeof elementBytes;

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
  metadata: Readonly<Record<string, string>> = {};
}

const nat = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const headerEntry = v.object({
  dtype: v.picklist(Object.keys(elementBytes) as SafetensorsDtype[]),
  shape: v.array(nat),
  data_offsets: v.tuple([nat, nat]),
});
const metadataEntry = v.record(v.string(), v.string());

/**
 * Reads a whole `.safetensors` file. Every offset is checked against the file before use.
 * @throws InspectorError `inputs-wrong` with what is wrong with the file
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  if (bytes.length < 8) fail('it is shorter than its 8-byte header length');
  const headerLength = Number(viewOf(bytes).getBigUint64(0, true));
  const start = 8 + headerLength;
  if (start > bytes.length) fail(`its header claims ${headerLength} bytes, more than the file has`);

  const result = new Safetensors();
  for (const [name, raw] of Object.entries(parseHeader(bytes.subarray(8, start)))) {
    if (name === '__metadata__') {
      const metadata = v.safeParse(metadataEntry, raw);
      if (!metadata.success) fail('its metadata holds something other than strings');
      result.metadata = metadata.output;
      continue;
    }
    const entry = v.safeParse(headerEntry, raw);
    if (!entry.success) fail(`the entry “${name}” is malformed or of an unknown type`);
    const { dtype, shape, data_offsets } = entry.output;
    const [from, to] = data_offsets;
    if (from > to || start + to > bytes.length) fail(`“${name}” lies outside the file`);
    if (to - from !== sizeOf(shape) * elementBytes[dtype]) {
      fail(`“${name}” has ${to - from} bytes where its shape [${shape.join(', ')}] needs others`);
    }
    // Not `bytes.slice`: a Buffer's slice is a view, and views need alignment.
    const copy = new Uint8Array(bytes.subarray(start + from, start + to));
    result.set(name, { dtype, dims: shape, data: typedArray(dtype, copy.buffer) });
  }
  return result;
}

/** Serializes tensors and string metadata; the data is aligned to 8 bytes. */
export function writeSafetensors(
  tensors: Iterable<readonly [string, SafetensorsEntry]>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, dims, data }] of tensors) {
    const part = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    header[name] = { dtype, shape: dims, data_offsets: [offset, offset + part.length] };
    parts.push(part);
    offset += part.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset);
  viewOf(bytes).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(json, 8);
  let at = 8 + headerLength;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The values of a tensor as float32, whatever its element type. */
export function toFloat32({ dtype, data }: SafetensorsEntry): Float32Array {
  if (data instanceof Float32Array) return data;
  if (dtype === 'F16') return widenHalves(data as Uint16Array);
  if (dtype === 'BF16') return Float32Array.from(data as Uint16Array, fromBfloat16);
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  return Float32Array.from(data);
}

function parseHeader(json: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
    if (typeof header === 'object' && header !== null) return header as Record<string, unknown>;
  } catch {
    // Falls through to the one message for headers that cannot be read.
  }
  return fail('its header is not JSON');
}

function typedArray(dtype: SafetensorsDtype, buffer: ArrayBuffer): SafetensorsEntry['data'] {
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
