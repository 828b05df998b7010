import type { ByteSource } from './byteSource';

/** Thrown for bytes that are not a valid message; the reader of the file adds which file it was. */
export class MalformedMessage extends Error {}

export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const text = new TextDecoder();

/**
 * Walks the fields of one protobuf message without reading what it skips. Every length is checked
 * against the message that encloses it, every varint against ten bytes.
 */
export class ProtobufReader {
  /** Wire type of the current field. */
  wireType = 0;
  #position: number;

  constructor(
    readonly source: ByteSource,
    start = 0,
    readonly end = source.size,
  ) {
    this.#position = start;
  }

  /** Where the reader stands in the source. */
  get position(): number {
    return this.#position;
  }

  /** Bytes of the message that were not read yet. */
  remaining(): number {
    return this.end - this.#position;
  }

  /** Moves to the next field and returns its number, 0 after the last one. Its value must be read or skipped. */
  next(): number {
    if (this.#position >= this.end) return 0;
    const tag = this.#varint();
    const field = Math.floor(tag / 8);
    if (field < 1 || field > 0x1fffffff)
      throw new MalformedMessage('a field number is out of range');
    this.wireType = tag % 8;
    return field;
  }

  skip(): void {
    if (this.wireType === WireType.varint) this.#varint();
    else if (this.wireType === WireType.bytes) this.span();
    else if (this.wireType === WireType.fixed64) this.#take(8);
    else if (this.wireType === WireType.fixed32) this.#take(4);
    else throw new MalformedMessage(`a field has the unknown wire type ${this.wireType}`);
  }

  /** An integer field; 64-bit values beyond 2^53 are rounded. */
  int(): number {
    this.#expect(WireType.varint);
    return this.#varint();
  }

  float(): number {
    this.#expect(WireType.fixed32);
    const view = this.source.view(this.#take(4), 4);
    return new DataView(view.buffer, view.byteOffset, 4).getFloat32(0, true);
  }

  string(): string {
    const { start, end } = this.span();
    return text.decode(this.source.view(start, end - start));
  }

  /** A string of at most `most` bytes; undefined for longer ones, which are passed over. */
  stringUpTo(most: number): string | undefined {
    const { start, end } = this.span();
    return end - start > most ? undefined : text.decode(this.source.view(start, end - start));
  }

  /** A copy of a length-delimited field. */
  bytes(): Uint8Array {
    const { start, end } = this.span();
    return this.source.view(start, end - start).slice();
  }

  message(): ProtobufReader {
    const { start, end } = this.span();
    return new ProtobufReader(this.source, start, end);
  }

  /** Where a length-delimited field lies in the source. */
  span(): { readonly start: number; readonly end: number } {
    this.#expect(WireType.bytes);
    const length = this.#varint();
    const start = this.#take(length);
    return { start, end: start + length };
  }

  /** A repeated integer field, packed or not, appended to `into`. */
  ints(into: number[]): void {
    if (this.wireType !== WireType.bytes) {
      into.push(this.int());
      return;
    }
    const packed = this.message();
    while (packed.#position < packed.end) into.push(packed.#varint());
  }

  /** A repeated float field, packed or not, appended to `into`. */
  floats(into: number[]): void {
    if (this.wireType !== WireType.bytes) {
      into.push(this.float());
      return;
    }
    const bytes = this.bytes();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let at = 0; at + 4 <= bytes.length; at += 4) into.push(view.getFloat32(at, true));
  }

  #expect(wireType: number): void {
    if (this.wireType !== wireType) {
      throw new MalformedMessage(`a field has wire type ${this.wireType}, not ${wireType}`);
    }
  }

  #take(length: number): number {
    const start = this.#position;
    if (!(length >= 0 && start + length <= this.end)) {
      throw new MalformedMessage(`a field of ${length} bytes at ${start} reaches past its message`);
    }
    this.#position = start + length;
    return start;
  }

  #varint(): number {
    const view = this.source.view(this.#position, Math.min(10, this.end - this.#position));
    let value = 0;
    for (let i = 0; i < view.length; i++) {
      const byte = view[i] ?? 0;
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) {
        this.#position += i + 1;
        return i === 9 ? negative(view) : value;
      }
    }
    throw new MalformedMessage(`a number at ${this.#position} does not end`);
  }
}

/** Ten-byte varints are negative 64-bit integers. */
function negative(view: Uint8Array): number {
  let value = 0n;
  for (let i = 0; i < 10; i++) value |= BigInt((view[i] ?? 0) & 127) << BigInt(7 * i);
  return Number(BigInt.asIntN(64, value));
}
