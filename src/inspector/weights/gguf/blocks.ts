import { fromHalf } from '../../../protocol/float16';

/**
 * What blocks of quantised numbers hold, a group of elements with one scale after the other:
 * value = scale · (level − zero) − offset, each step rounded to float32 as gguf-py rounds it.
 */
export interface Levels {
  readonly levels: Uint8Array;
  /** By group. */
  readonly scales: Float32Array;
  /** By group; zeros where the quantisation has none. */
  readonly offsets: Float32Array;
}

/** A quantisation of GGML whose numbers are levels on a scale. */
export interface Quantisation {
  /** Elements and bytes of a block. */
  readonly elements: number;
  readonly bytes: number;
  /** Elements that share a scale. */
  readonly group: number;
  /** Bits that a level takes. */
  readonly bits: 4 | 8;
  /** The level of 0. */
  readonly zero: number;
  readonly hasOffsets: boolean;
  /**
   * Unpacks one block.
   * @param at where the block begins
   * @param element place of its first level in `into`
   * @param group place of its first scale
   */
  readonly unpack: (
    bytes: Uint8Array,
    at: number,
    into: Levels,
    element: number,
    group: number,
  ) => void;
}

const halves = Float32Array.from({ length: 65_536 }, (_, bits) => fromHalf(bits));

/** The half-precision number of two bytes. */
export function halfAt(bytes: Uint8Array, at: number): number {
  return halves[byte(bytes, at) | (byte(bytes, at + 1) << 8)] ?? 0;
}

/** A byte that is there: readers hand over whole blocks. */
export function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/** Puts the low halves of `count` bytes into as many levels, and the high halves into those after them. */
export function spreadNibbles(
  bytes: Uint8Array,
  at: number,
  levels: Uint8Array,
  element: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const both = byte(bytes, at + i);
    levels[element + i] = both & 15;
    levels[element + count + i] = both >> 4;
  }
}

/** Replaces levels of 4 bits by what a table has for them. */
export function lookUp(
  levels: Uint8Array,
  element: number,
  count: number,
  table: Uint8Array,
): void {
  for (let i = element; i < element + count; i++) levels[i] = table[levels[i] ?? 0] ?? 0;
}

/** The level of 0 of signed numbers in 8 bits. */
export const SIGNED_ZERO = 128;

/** Signed numbers as levels. */
export function levelsOf(values: readonly number[]): Uint8Array {
  return Uint8Array.from(values, value => value + SIGNED_ZERO);
}
