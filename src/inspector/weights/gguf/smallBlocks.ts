import {
  byte,
  halfAt,
  levelsOf,
  lookUp,
  SIGNED_ZERO,
  spreadNibbles,
  type Quantisation,
} from './blocks';

/** The 16 values of IQ4, finer around zero. */
export const IQ4_TABLE = levelsOf([
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
]);
/** Twice the values of a float of 4 bits: sign, two bits of exponent, one of fraction. */
const E2M1_TABLE = levelsOf([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]);

const ELEMENTS = 32;
const ALIKE = { elements: ELEMENTS, group: ELEMENTS } as const;

/** A fifth bit for each of 32 levels, from 4 bytes. */
function addFifthBits(bytes: Uint8Array, at: number, levels: Uint8Array, element: number): void {
  for (let i = 0; i < ELEMENTS; i++) {
    const bit = (byte(bytes, at + (i >> 3)) >> (i & 7)) & 1;
    levels[element + i] = (levels[element + i] ?? 0) | (bit << 4);
  }
}

/** Quantisations of 32 elements with one scale, by name. */
export const SMALL_BLOCKS: Readonly<Record<string, Quantisation>> = {
  Q4_0: {
    ...ALIKE,
    bytes: 18,
    bits: 4,
    zero: 8,
    hasOffsets: false,
    unpack(bytes, at, { levels, scales }, element, group) {
      scales[group] = halfAt(bytes, at);
      spreadNibbles(bytes, at + 2, levels, element, 16);
    },
  },
  Q4_1: {
    ...ALIKE,
    bytes: 20,
    bits: 4,
    zero: 0,
    hasOffsets: true,
    unpack(bytes, at, { levels, scales, offsets }, element, group) {
      scales[group] = halfAt(bytes, at);
      offsets[group] = -halfAt(bytes, at + 2);
      spreadNibbles(bytes, at + 4, levels, element, 16);
    },
  },
  Q5_0: {
    ...ALIKE,
    bytes: 22,
    bits: 8,
    zero: 16,
    hasOffsets: false,
    unpack(bytes, at, { levels, scales }, element, group) {
      scales[group] = halfAt(bytes, at);
      spreadNibbles(bytes, at + 6, levels, element, 16);
      addFifthBits(bytes, at + 2, levels, element);
    },
  },
  Q5_1: {
    ...ALIKE,
    bytes: 24,
    bits: 8,
    zero: 0,
    hasOffsets: true,
    unpack(bytes, at, { levels, scales, offsets }, element, group) {
      scales[group] = halfAt(bytes, at);
      offsets[group] = -halfAt(bytes, at + 2);
      spreadNibbles(bytes, at + 8, levels, element, 16);
      addFifthBits(bytes, at + 4, levels, element);
    },
  },
  Q8_0: {
    ...ALIKE,
    bytes: 34,
    bits: 8,
    zero: SIGNED_ZERO,
    hasOffsets: false,
    unpack(bytes, at, { levels, scales }, element, group) {
      scales[group] = halfAt(bytes, at);
      for (let i = 0; i < ELEMENTS; i++) levels[element + i] = byte(bytes, at + 2 + i) ^ 0x80;
    },
  },
  IQ4_NL: {
    ...ALIKE,
    bytes: 18,
    bits: 8,
    zero: SIGNED_ZERO,
    hasOffsets: false,
    unpack(bytes, at, { levels, scales }, element, group) {
      scales[group] = halfAt(bytes, at);
      spreadNibbles(bytes, at + 2, levels, element, 16);
      lookUp(levels, element, ELEMENTS, IQ4_TABLE);
    },
  },
  /** OCP Microscaling, MXFP4: the scale is a power of two. */
  MXFP4: {
    ...ALIKE,
    bytes: 17,
    bits: 8,
    zero: SIGNED_ZERO,
    hasOffsets: false,
    unpack(bytes, at, { levels, scales }, element, group) {
      // Halved, as the values are doubled.
      scales[group] = 2 ** (byte(bytes, at) - 128);
      spreadNibbles(bytes, at + 1, levels, element, 16);
      lookUp(levels, element, ELEMENTS, E2M1_TABLE);
    },
  },
};
