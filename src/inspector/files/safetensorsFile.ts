import { open, type FileHandle } from 'node:fs/promises';
import { sizeOf } from '../runtime/tensor';
import type { Fail } from './boundedJson';
import { regularFile } from './regularFile';
import { replaceFile } from './replaceFile';
import { toFloat32, typedArray } from './safetensors';
import {
  elementBytes,
  headerTooLarge,
  LARGEST_HEADER,
  parseHeader,
  writeHeader,
  type SafetensorsHeader,
  type TensorPlace,
} from './safetensorsHeader';
import { shortened } from './shortened';

/** Bytes that are read at a time; a multiple of every element's. */
const SLICE = 8 * 2 ** 20;

/** A `.safetensors` file whose tensors are read one by one, when they are wanted. */
export class SafetensorsFile {
  private constructor(
    readonly path: string,
    readonly size: number,
    private readonly modified: number,
    /** Bytes before the data. */
    readonly start: number,
    private readonly header: SafetensorsHeader,
    private readonly fail: Fail,
  ) {}

  /** Reads the header; the file is closed again, and opened anew for each reading. */
  static async open(path: string, fail: Fail): Promise<SafetensorsFile> {
    return withFile(path, fail, async file => {
      const { size, mtimeMs } = await file.stat();
      if (size < 8) fail('it is shorter than its 8-byte header length');
      const length = Number((await readBytes(file, 0, 8, fail)).readBigUInt64LE());
      if (length > size - 8) fail(`its header claims ${length} bytes, more than the file has`);
      if (length > LARGEST_HEADER) fail(headerTooLarge(length));
      const header = parseHeader(await readBytes(file, 8, length, fail), size - 8 - length, fail);
      checkNoOverlap(header, fail);
      return new SafetensorsFile(path, size, mtimeMs, 8 + length, header, fail);
    });
  }

  get metadata(): SafetensorsHeader['metadata'] {
    return this.header.metadata;
  }

  get tensors(): SafetensorsHeader['tensors'] {
    return this.header.tensors;
  }

  /** The first `count` elements of a tensor as float32, whatever its element type. */
  async read({ dtype, from }: TensorPlace, count: number): Promise<Float32Array> {
    const { path, fail } = this;
    return withFile(path, fail, async file => {
      const { size, mtimeMs } = await file.stat();
      if (size !== this.size || mtimeMs !== this.modified) {
        fail('it changed since it was opened: open it again');
      }
      const values = new Float32Array(count);
      const step = SLICE / elementBytes[dtype];
      for (let at = 0; at < count; at += step) {
        const length = Math.min(step, count - at) * elementBytes[dtype];
        const start = this.start + from + at * elementBytes[dtype];
        const bytes = await readBytes(file, start, length, fail);
        values.set(toFloat32({ dtype, data: typedArray(dtype, bytes.buffer) }), at);
      }
      return values;
    });
  }
}

/** A float32 tensor to be written, which need never be in memory as a whole. */
export interface TensorSource {
  readonly name: string;
  readonly dims: readonly number[];
  /** Its values in order, in pieces of any size. */
  readonly chunks: () => Iterable<Float32Array>;
}

/** Where float32 tensors lie in a file that holds nothing else. */
export interface FloatLayout {
  readonly places: ReadonlyMap<string, TensorPlace>;
  readonly header: Uint8Array;
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Puts tensors one after the other. */
export function floatLayout(
  tensors: readonly Pick<TensorSource, 'name' | 'dims'>[],
  metadata: Readonly<Record<string, string>> = {},
): FloatLayout {
  const places = new Map<string, TensorPlace>();
  let offset = 0;
  for (const { name, dims } of tensors) {
    const from = offset;
    offset += sizeOf(dims) * elementBytes.F32;
    places.set(name, { dtype: 'F32', dims, from, to: offset });
  }
  const header = writeHeader({ metadata, tensors: places });
  return { places, header, size: header.length + offset };
}

/** Writes a file of that layout. @throws whatever the file system says */
export async function writeFloats(
  file: FileHandle,
  { header }: FloatLayout,
  tensors: readonly Pick<TensorSource, 'chunks'>[],
): Promise<void> {
  await file.writeFile(header);
  for (const tensor of tensors) {
    for (const { buffer, byteOffset, byteLength } of tensor.chunks()) {
      // In slices: one call takes at most 2 GB.
      for (let at = 0; at < byteLength; at += SLICE) {
        const length = Math.min(SLICE, byteLength - at);
        await file.writeFile(new Uint8Array(buffer, byteOffset + at, length));
      }
    }
  }
}

/**
 * Writes tensors one after the other. The file gets its name once it is complete, so that one of
 * that name is never left half written.
 * @throws whatever the file system says
 */
export async function writeSafetensorsFile(
  path: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const layout = floatLayout(tensors, metadata);
  await replaceFile(path, file => writeFloats(file, layout, tensors));
}

async function withFile<T>(
  path: string,
  fail: Fail,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const opened = regularFile(path).then(() => open(path));
  const file = await opened.catch((error: unknown) => fail(reasonOf(error)));
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function readBytes(file: FileHandle, start: number, length: number, fail: Fail) {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, start + at);
    if (bytesRead === 0) fail('it is shorter than it was');
    at += bytesRead;
  }
  return bytes;
}

/** Tensors that share bytes would take more memory than the file has. */
function checkNoOverlap({ tensors }: SafetensorsHeader, fail: Fail): void {
  const places = [...tensors].sort(([, a], [, b]) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const [name, { from, to }] of places) {
    if (from < end) fail(`“${shortened(name)}” overlaps with another tensor`);
    end = to;
  }
}
