/**
 * SentencePiece's precompiled character map: a double-array trie (Darts) over UTF-8 and a pool of
 * zero-terminated replacements; layout in SentencePiece's normalizer.cc
 * (`Normalizer::DecodePrecompiledCharsMap`) and darts.h.
 */
export class Charsmap {
  private constructor(
    private readonly units: Uint32Array,
    private readonly pool: Uint8Array,
  ) {}

  /** Reads the map from its base64 text; `undefined` when it is cut short. */
  static read(base64: string): Charsmap | undefined {
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length < 4) return undefined;
    const size = bytes.readUInt32LE(0);
    if (size % 4 !== 0 || size === 0 || 4 + size > bytes.length) return undefined;
    const units = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
    return new Charsmap(units, bytes.subarray(4 + size));
  }

  /** What the shortest entry that `key` begins with is replaced by. */
  lookUp(key: Uint8Array): string | undefined {
    let position = childOffset(this.units[0] ?? 0);
    for (const byte of key) {
      if (byte === 0) return undefined;
      position ^= byte;
      const unit = this.units[position] ?? 0;
      if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
      position ^= childOffset(unit);
      const isLeaf = ((unit >>> 8) & 1) === 1;
      if (isLeaf) return this.replacement((this.units[position] ?? 0) & 0x7fffffff);
    }
    return undefined;
  }

  private replacement(start: number): string {
    const end = this.pool.indexOf(0, start);
    return new TextDecoder().decode(this.pool.subarray(start, end < 0 ? undefined : end));
  }
}

function childOffset(unit: number): number {
  return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
}
