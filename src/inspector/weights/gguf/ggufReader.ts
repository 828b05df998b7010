import type { ByteSource } from '../../onnx/file/byteSource';

/** What a file says of itself: numbers, words and lists of them. */
export type MetadataValue = number | bigint | boolean | string | readonly MetadataValue[];

/** Why a file is not what it should be; the message goes on after “… is not a complete GGUF file: ”. */
export class MalformedGguf extends Error {}

/** The largest headers in use, with 260,000 tokens and 500,000 merges, have 20 MB. */
const LARGEST_HEADER = 256 * 2 ** 20;
/** The longest strings in use are chat templates of some dozen kilobytes. */
const LONGEST_STRING = 2 ** 22;
/** The longest name of a value that the format allows. */
export const LONGEST_KEY = 65_535;
/** Of all lists together: the largest vocabularies in use come to 1.3 million. */
const MOST_VALUES = 8e6;
/** Lists within lists. */
const DEEPEST = 4;

const Type = { string: 8, list: 9 } as const;

/** Kinds of values by their number: bytes in the file, and how they are read. */
const SCALARS: Readonly<
  Record<number, readonly [bytes: number, read: (view: DataView) => number | bigint | boolean]>
> = {
  0: [1, view => view.getUint8(0)],
  1: [1, view => view.getInt8(0)],
  2: [2, view => view.getUint16(0, true)],
  3: [2, view => view.getInt16(0, true)],
  4: [4, view => view.getUint32(0, true)],
  5: [4, view => view.getInt32(0, true)],
  6: [4, view => view.getFloat32(0, true)],
  7: [1, view => view.getUint8(0) !== 0],
  10: [8, view => narrowed(view.getBigUint64(0, true))],
  11: [8, view => narrowed(view.getBigInt64(0, true))],
  12: [8, view => view.getFloat64(0, true)],
};

/** Reads on through the header of a GGUF file; nothing is allocated before it is known to fit. */
export class GgufReader {
  #at = 0;
  #values = 0;

  constructor(private readonly source: ByteSource) {}

  /** Bytes that were read. */
  get at(): number {
    return this.#at;
  }

  u32(): number {
    return this.#view(4).getUint32(0, true);
  }

  /** A number of 64 bits that counts something in the file: bytes, tensors, elements. */
  count(what: string): number {
    const value = this.#view(8).getBigUint64(0, true);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw new MalformedGguf(`it claims ${value} ${what}`);
  }

  /** @param longest bytes that it may have */
  string(longest = LONGEST_STRING): string {
    const length = this.count('bytes for a string');
    if (length > longest) {
      throw new MalformedGguf(`it claims a string of ${length} bytes where ${longest} are read`);
    }
    const { buffer, byteOffset } = this.#bytes(length);
    return Buffer.from(buffer as ArrayBuffer, byteOffset, length).toString('utf8');
  }

  /** @param type its kind, as the file numbers them */
  value(type: number, depth = 0): MetadataValue {
    if (type === Type.string) return this.string();
    if (type === Type.list) return this.#list(depth);
    const [bytes, read] = SCALARS[type] ?? unknownType(type);
    return read(this.#view(bytes));
  }

  #list(depth: number): MetadataValue[] {
    if (depth >= DEEPEST) throw new MalformedGguf(`its lists stand deeper than ${DEEPEST}`);
    const type = this.u32();
    const count = this.count('values');
    // The least that a value takes: a string its length, a list its type and length.
    const least = type === Type.string ? 8 : type === Type.list ? 12 : SCALARS[type]?.[0];
    if (least === undefined) unknownType(type);
    else if (count * least > this.source.size - this.#at) throw cutOff();
    this.#values += count;
    if (this.#values > MOST_VALUES) {
      throw new MalformedGguf(`it claims more than ${MOST_VALUES.toLocaleString('en')} values`);
    }
    return Array.from({ length: count }, () => this.value(type, depth + 1));
  }

  #view(length: number): DataView {
    const { buffer, byteOffset } = this.#bytes(length);
    return new DataView(buffer, byteOffset, length);
  }

  #bytes(length: number): Uint8Array {
    const start = this.#at;
    if (length > this.source.size - start) throw cutOff();
    if (start + length > LARGEST_HEADER) {
      throw new MalformedGguf(`its header has more than the ${LARGEST_HEADER} bytes that are read`);
    }
    this.#at += length;
    return this.source.view(start, length);
  }
}

function cutOff(): MalformedGguf {
  return new MalformedGguf('its header goes on past the end of the file');
}

function unknownType(type: number): never {
  throw new MalformedGguf(`it holds a value of the unknown kind ${type}`);
}

function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
