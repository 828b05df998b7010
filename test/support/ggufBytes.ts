/** A value of a GGUF file with its kind; lists of strings and of floats are the lists that tests need. */
export type GgufValue =
  | { readonly kind: 'u32'; readonly value: number }
  | { readonly kind: 'f32'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] };

/** A tensor: dimensions as PyTorch has them, its kind by its number. */
export interface GgufTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: number;
  readonly bytes: Uint8Array;
  /** Where it begins, if not behind the one before it. */
  readonly offset?: number;
}

/** What a test may have otherwise than in a good file. */
export interface GgufFaults {
  readonly version?: number;
  readonly tensorCount?: number;
  readonly valueCount?: number;
}

/** The bytes of a GGUF file of version 3. */
export function ggufBytes(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
  faults: GgufFaults = {},
): Uint8Array {
  const header: Buffer[] = [
    Buffer.from('GGUF'),
    u32(faults.version ?? 3),
    u64(faults.tensorCount ?? tensors.length),
    u64(faults.valueCount ?? Object.keys(metadata).length),
  ];
  for (const [key, value] of Object.entries(metadata)) header.push(text(key), encoded(value));
  let end = 0;
  const parts: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  for (const { name, dims, type, bytes, offset = end } of tensors) {
    header.push(text(name), u32(dims.length), ...dims.toReversed().map(u64), u32(type));
    header.push(u64(offset));
    parts.push({ offset, bytes });
    end = Math.ceil((offset + bytes.length) / 32) * 32;
  }
  const start = Math.ceil(Buffer.concat(header).length / 32) * 32;
  const last = Math.max(0, ...parts.map(({ offset, bytes }) => offset + bytes.length));
  const file = new Uint8Array(start + last);
  file.set(Buffer.concat(header));
  for (const { offset, bytes } of parts) file.set(bytes, start + offset);
  return file;
}

function encoded({ kind, value }: GgufValue): Buffer {
  switch (kind) {
    case 'u32':
      return Buffer.concat([u32(4), u32(value)]);
    case 'f32':
      return Buffer.concat([u32(6), f32(value)]);
    case 'bool':
      return Buffer.concat([u32(7), Buffer.from([value ? 1 : 0])]);
    case 'string':
      return Buffer.concat([u32(8), text(value)]);
    case 'strings':
      return Buffer.concat([u32(9), u32(8), u64(value.length), ...value.map(text)]);
    case 'floats':
      return Buffer.concat([u32(9), u32(6), u64(value.length), ...value.map(f32)]);
    case 'ints':
      return Buffer.concat([u32(9), u32(5), u64(value.length), ...value.map(u32)]);
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}
