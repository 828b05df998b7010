import * as v from 'valibot';
import { sizeOf } from '../runtime/tensor';
import { parseBounded, type Fail, type JsonBounds } from './boundedJson';
import { shortened } from './shortened';

/** Element types of the format that we read, with the bytes of one element. */
export const elementBytes = {
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

/** Where a tensor lies: bytes `[from, to)` after the header. */
export interface TensorPlace {
  readonly dtype: SafetensorsDtype;
  readonly dims: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** Tensors by name in the header's order, and the file's own string metadata. */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorPlace>;
}

/** Headers hold names, shapes and a summary; the format itself allows 100 MB. */
export const LARGEST_HEADER = 64e6;
export const headerTooLarge = (bytes: number) =>
  `its header has ${bytes} bytes, more than the ${LARGEST_HEADER} that are read`;
/** Header, entry and shape are three levels; a hundred thousand tensors have a million values. */
const HEADER_BOUNDS: JsonBounds = { depth: 4, values: 2e6 };

const nat = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const headerEntry = v.object({
  dtype: v.picklist(Object.keys(elementBytes) as SafetensorsDtype[]),
  shape: v.array(nat),
  data_offsets: v.tuple([nat, nat]),
});
const metadataEntry = v.record(v.string(), v.string());

/**
 * Reads the header of a `.safetensors` file and checks every entry against the file's size.
 * @param json the header without its 8-byte length
 * @param dataBytes bytes of the file after the header
 */
export function parseHeader(json: Uint8Array, dataBytes: number, fail: Fail): SafetensorsHeader {
  const tensors = new Map<string, TensorPlace>();
  let metadata: SafetensorsHeader['metadata'] = {};
  for (const [name, raw] of Object.entries(parseObject(json, fail))) {
    if (name === '__metadata__') {
      const strings = v.safeParse(metadataEntry, raw);
      if (!strings.success) fail('its metadata holds something other than strings');
      metadata = strings.output;
      continue;
    }
    const entry = v.safeParse(headerEntry, raw);
    if (!entry.success) fail(`the entry “${shortened(name)}” is ${whatIsWrong(raw)}`);
    const { dtype, shape, data_offsets } = entry.output;
    const [from, to] = data_offsets;
    if (from > to || to > dataBytes) fail(`“${shortened(name)}” lies outside the file`);
    if (to - from !== sizeOf(shape) * elementBytes[dtype]) {
      const dims = shortened(shape.join(', '));
      fail(`“${shortened(name)}” has ${to - from} bytes where its shape [${dims}] needs others`);
    }
    tensors.set(name, { dtype, dims: shape, from, to });
  }
  return { metadata, tensors };
}

/** The header's length and JSON, padded so that the data after them is aligned to 8 bytes. */
export function writeHeader({ metadata, tensors }: SafetensorsHeader): Uint8Array {
  const header: Record<string, unknown> =
    Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  for (const [name, { dtype, dims, from, to }] of tensors) {
    header[name] = { dtype, shape: dims, data_offsets: [from, to] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20, 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

/** A type that is not read is named. */
function whatIsWrong(raw: unknown): string {
  const dtype: unknown =
    typeof raw === 'object' && raw !== null && 'dtype' in raw ? raw.dtype : undefined;
  if (typeof dtype !== 'string' || dtype in elementBytes) return 'malformed';
  return `of the type ${shortened(dtype)}, which is not read`;
}

function parseObject(json: Uint8Array, fail: Fail): Record<string, unknown> {
  if (json.length > LARGEST_HEADER) {
    fail(headerTooLarge(json.length));
  }
  const header = parseBounded(decoded(json, fail), HEADER_BOUNDS, 'its header', fail);
  if (typeof header === 'object' && header !== null) return header as Record<string, unknown>;
  return fail('its header is not JSON');
}

function decoded(json: Uint8Array, fail: Fail): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(json);
  } catch {
    return fail('its header is not JSON');
  }
}
