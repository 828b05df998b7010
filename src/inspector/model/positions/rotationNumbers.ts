import type { RotationTensors } from '../../onnx/find/rotationTensors';
import type { Tensor } from '../../runtime/tensor';

/** The numbers of a rotary encoding as the graph uses them. */
export interface RotationNumbers {
  /** Radians per position of each pair `[rotaryDim / 2]`. */
  readonly frequencies: Float32Array;
  readonly isInterleaved?: boolean;
  /** What rotated vectors are multiplied with besides; 1 in most models. */
  readonly scaling: number;
  /** How far the numbers that the frequencies come from may be from the true ones, as a share of them. */
  readonly rounding: number;
}

/** A tensor as rows by position. */
interface Rows {
  readonly width: number;
  readonly at: (position: number) => Float32Array;
}

/**
 * Frequencies from angles at neighbouring positions, else from stored sines and cosines.
 * @param read values of the tensors by name, of a text of two tokens or more
 */
export function rotationNumbers(
  { angles, tables, factors, isInterleaved }: RotationTensors,
  read: ReadonlyMap<string, Tensor>,
): RotationNumbers | undefined {
  const rowsOf = (names: readonly string[]) =>
    names.flatMap(name => {
      const tensor = read.get(name);
      return (tensor && asRows(tensor)) ?? [];
    });
  const [angle] = rowsOf(angles);
  const found = angle ? stepsOf(angle) : fromTables(rowsOf(tables));
  if (!found) return undefined;
  const multiplied = rowsOf(factors);
  const scaling = Math.max(0, ...multiplied.map(firstCosine)) || 1;
  const paired = withoutCopies(found);
  const copied = multiplied.map(({ at }) => withoutCopies(at(1)).isInterleaved);
  const interleaved =
    paired.isInterleaved ?? isInterleaved ?? copied.find(value => value !== undefined);
  return {
    frequencies: paired.frequencies,
    scaling,
    rounding: Math.max(...(angle ? [angle] : rowsOf(tables)).map(({ at }) => roundingOf(at(1)))),
    ...(interleaved === undefined ? {} : { isInterleaved: interleaved }),
  };
}

/** `[…, positions, …, width]`, all other dimensions of which are 1. */
function asRows({ dims, data }: Tensor): Rows | undefined {
  const width = dims.at(-1) ?? 0;
  if (width === 0 || data.length < 2 * width) return undefined;
  return { width, at: position => data.subarray(position * width, (position + 1) * width) };
}

/** Half of the last bit that float32, float16 or bfloat16 store, as the numbers look. */
function roundingOf(values: Float32Array): number {
  const bits = new Uint32Array(values.slice().buffer);
  const has = (zeros: number) => bits.every(word => (word & zeros) === 0);
  // Numbers that are whole, as angles may be, tell nothing.
  if (values.every(value => Number.isInteger(value))) return 2 ** -24;
  if (has(0xffff)) return 2 ** -9;
  return has(0x1fff) ? 2 ** -12 : 2 ** -24;
}

/** Angles at position 1 less those at position 0. */
function stepsOf({ at }: Rows): Float32Array {
  const start = at(0);
  return at(1).map((angle, i) => angle - (start[i] ?? 0));
}

/** Sines are 0 at position 0, cosines are not; some files store both in one row. */
function fromTables(tables: readonly Rows[]): Float32Array | undefined {
  const isSine = ({ at }: Rows) => at(0).every(value => Math.abs(value) < 1e-6);
  const sine = tables.find(isSine);
  const cosine = tables.find(table => !isSine(table));
  if (sine && cosine && sine.width === cosine.width) {
    return sine.at(1).map((value, i) => Math.atan2(value, cosine.at(1)[i] ?? NaN));
  }
  const [both] = tables;
  if (!both || tables.length > 1 || both.width % 2) return undefined;
  const half = both.width / 2;
  const [start, next] = [both.at(0), both.at(1)];
  const isSinesFirst = start.every((value, i) => Math.abs(value - (i < half ? 0 : 1)) < 1e-6);
  if (!isSinesFirst) return undefined;
  return next.slice(0, half).map((value, i) => Math.atan2(value, next[half + i] ?? NaN));
}

/** The largest factor at position 0, where all cosines are 1 before they are scaled. */
function firstCosine({ at }: Rows): number {
  return at(0).reduce((most, value) => Math.max(most, value), 0);
}

/** Most graphs write each frequency twice, for both members of its pair. */
function withoutCopies(values: Float32Array): {
  readonly frequencies: Float32Array;
  readonly isInterleaved?: boolean;
} {
  const half = values.length / 2;
  if (values.length % 2) return { frequencies: values };
  const [one, other] = [values.subarray(0, half), values.subarray(half)];
  if (one.every((value, i) => value === other[i])) {
    return { frequencies: one.slice(), isInterleaved: false };
  }
  const even = values.filter((_, i) => i % 2 === 0);
  const odd = values.filter((_, i) => i % 2 === 1);
  if (even.every((value, i) => value === odd[i])) return { frequencies: even, isInterleaved: true };
  return { frequencies: values };
}
