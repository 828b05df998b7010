import { byte, halfAt, lookUp, SIGNED_ZERO, spreadNibbles, type Quantisation } from './blocks';
import { IQ4_TABLE } from './smallBlocks';

const ELEMENTS = 256;
const GROUPS_OF_16 = { elements: ELEMENTS, group: 16 } as const;
const GROUPS_OF_32 = { elements: ELEMENTS, group: 32 } as const;

/**
 * Two bits of each of 256 levels from 64 bytes: each half of them holds 128 levels, the first 32 in the
 * lowest bits.
 */
function twoBits(bytes: Uint8Array, at: number, i: number): number {
  return (byte(bytes, at + (i >> 7) * 32 + (i & 31)) >> (2 * ((i >> 5) & 3))) & 3;
}

/** One bit of each of 256 levels from 32 bytes: the first 32 levels have the lowest bits. */
function oneBit(bytes: Uint8Array, at: number, i: number): number {
  return (byte(bytes, at + (i & 31)) >> (i >> 5)) & 1;
}

/** Eight scales and eight minima of 6 bits in 12 bytes, times those of the block (Q4_K, Q5_K). */
function unpackScales(
  bytes: Uint8Array,
  at: number,
  scales: Float32Array,
  offsets: Float32Array,
  group: number,
): void {
  const [scale, minimum] = [halfAt(bytes, at), halfAt(bytes, at + 2)];
  const first = at + 4;
  for (let i = 0; i < 4; i++) {
    const [low, middle, high] = [first + i, first + 4 + i, first + 8 + i].map(each =>
      byte(bytes, each),
    ) as [number, number, number];
    scales[group + i] = scale * (low & 63);
    offsets[group + i] = minimum * (middle & 63);
    scales[group + 4 + i] = scale * ((high & 15) | ((low >> 2) & 48));
    offsets[group + 4 + i] = minimum * ((high >> 4) | ((middle >> 2) & 48));
  }
}

/** 256 levels of 4 bits from 128 bytes, 64 at a time (Q4_K, Q5_K). */
function unpackNibbles(bytes: Uint8Array, at: number, levels: Uint8Array, element: number): void {
  for (let i = 0; i < 4; i++) spreadNibbles(bytes, at + 32 * i, levels, element + 64 * i, 32);
}

/** Quantisations of 256 elements with several scales, which are quantised themselves, by name. */
export const SUPER_BLOCKS: Readonly<Record<string, Quantisation>> = {
  Q2_K: {
    ...GROUPS_OF_16,
    bytes: 84,
    bits: 4,
    zero: 0,
    hasOffsets: true,
    unpack(bytes, at, { levels, scales, offsets }, element, group) {
      const [scale, minimum] = [halfAt(bytes, at + 80), halfAt(bytes, at + 82)];
      for (let i = 0; i < 16; i++) {
        const both = byte(bytes, at + i);
        scales[group + i] = scale * (both & 15);
        offsets[group + i] = minimum * (both >> 4);
      }
      for (let i = 0; i < ELEMENTS; i++) levels[element + i] = twoBits(bytes, at + 16, i);
    },
  },
  Q3_K: {
    ...GROUPS_OF_16,
    bytes: 110,
    bits: 4,
    zero: 4,
    hasOffsets: false,
    unpack(bytes, at, { levels, scales }, element, group) {
      const scale = halfAt(bytes, at + 108);
      for (let i = 0; i < 16; i++) {
        const low = (byte(bytes, at + 96 + (i & 7)) >> (i < 8 ? 0 : 4)) & 15;
        const high = (byte(bytes, at + 104 + (i & 3)) >> (2 * (i >> 2))) & 3;
        scales[group + i] = scale * ((low | (high << 4)) - 32);
      }
      for (let i = 0; i < ELEMENTS; i++) {
        levels[element + i] = twoBits(bytes, at + 32, i) | (oneBit(bytes, at, i) << 2);
      }
    },
  },
  Q4_K: {
    ...GROUPS_OF_32,
    bytes: 144,
    bits: 4,
    zero: 0,
    hasOffsets: true,
    unpack(bytes, at, { levels, scales, offsets }, element, group) {
      unpackScales(bytes, at, scales, offsets, group);
      unpackNibbles(bytes, at + 16, levels, element);
    },
  },
  Q5_K: {
    ...GROUPS_OF_32,
    bytes: 176,
    bits: 8,
    zero: 0,
    hasOffsets: true,
    unpack(bytes, at, { levels, scales, offsets }, element, group) {
      unpackScales(bytes, at, scales, offsets, group);
      unpackNibbles(bytes, at + 48, levels, element);
      for (let i = 0; i < ELEMENTS; i++) {
        levels[element + i] = (levels[element + i] ?? 0) | (oneBit(bytes, at + 16, i) << 4);
      }
    },
  },
  Q6_K: {
    ...GROUPS_OF_16,
    bytes: 210,
    bits: 8,
    zero: 32,
    hasOffsets: false,
    unpack(bytes, at, { levels, scales }, element, group) {
      const scale = halfAt(bytes, at + 208);
      for (let i = 0; i < 16; i++) {
        const signed = (byte(bytes, at + 192 + i) << 24) >> 24;
        scales[group + i] = scale * signed;
      }
      for (let i = 0; i < ELEMENTS; i++) {
        const low = byte(bytes, at + (i >> 7) * 64 + (i & 63)) >> ((i >> 6) & 1 ? 4 : 0);
        levels[element + i] = (low & 15) | (twoBits(bytes, at + 128, i) << 4);
      }
    },
  },
  IQ4_XS: {
    ...GROUPS_OF_32,
    bytes: 136,
    bits: 8,
    zero: SIGNED_ZERO,
    hasOffsets: false,
    unpack(bytes, at, { levels, scales }, element, group) {
      const scale = halfAt(bytes, at);
      const highBits = byte(bytes, at + 2) | (byte(bytes, at + 3) << 8);
      for (let i = 0; i < 8; i++) {
        const low = (byte(bytes, at + 4 + (i >> 1)) >> (4 * (i & 1))) & 15;
        const high = (highBits >> (2 * i)) & 3;
        scales[group + i] = scale * ((low | (high << 4)) - 32);
        spreadNibbles(bytes, at + 8 + 16 * i, levels, element + 32 * i, 16);
      }
      lookUp(levels, element, ELEMENTS, IQ4_TABLE);
    },
  },
};
