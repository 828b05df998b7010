import { permute, transposeLast, unpackHeads } from '../runtime/layout';
import { sizeOf, type Tensor } from '../runtime/tensor';

/** Rotations keep lengths; differences beyond this fraction are none of rounding. */
const TOLERANCE = 1e-2;

/**
 * Brings what the graph rotates into the layout of the rotated vectors, `[1, heads, rows, headDim]`.
 * Rotations keep the length of each vector, which tells which layout is the right one; undefined where
 * none is.
 */
export function matchRotated(
  tensor: Tensor | undefined,
  rotated: Tensor | undefined,
): Tensor | undefined {
  if (!tensor || !rotated || sizeOf(tensor.dims) !== sizeOf(rotated.dims)) return undefined;
  for (const read of readings(tensor, rotated.dims)) {
    const reading = { ...read(), dims: rotated.dims };
    if (haveSameLengths(reading, rotated)) return reading;
  }
  return undefined;
}

/** The tensor in every order of its dimensions that exporters use. */
function readings(
  { data }: Tensor,
  [, heads = 1, rows = 1, headDim = 1]: readonly number[],
): (() => Tensor)[] {
  return [
    () => ({ dims: [1, heads, rows, headDim], data }),
    () => unpackHeads({ dims: [1, rows, heads * headDim], data }, heads),
    () => transposeLast({ dims: [1, heads, headDim, rows], data }),
    () => permute({ dims: [1, rows, headDim, heads], data }, [0, 3, 1, 2]),
  ];
}

function haveSameLengths(a: Tensor, b: Tensor): boolean {
  const headDim = b.dims[3] ?? 1;
  for (let start = 0; start < b.data.length; start += headDim) {
    const [one, other] = [a, b].map(({ data }) =>
      Math.hypot(...data.subarray(start, start + headDim)),
    );
    if (one === undefined || other === undefined) return false;
    if (!(Math.abs(one - other) <= TOLERANCE * Math.max(other, 1e-3))) return false;
  }
  return true;
}
