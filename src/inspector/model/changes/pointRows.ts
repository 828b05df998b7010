import { sizeOf } from '../../runtime/tensor';
import type { Numbers, PointStep } from '../run';

/** A step for some rows of a batch. */
export function stepOfRows(step: PointStep, rows: readonly number[]): PointStep {
  return eachNumbers(step, numbers => {
    const [batch = 1, ...others] = numbers.dims;
    if (batch === 1) return numbers;
    const size = sizeOf(others);
    const data = alike(numbers.data, rows.length * size);
    for (const [to, row] of rows.entries()) {
      data.set(numbers.data.subarray(row * size, (row + 1) * size), to * size);
    }
    return { dims: [rows.length, ...others], data };
  });
}

/**
 * A step for texts that are filled up to `of` tokens, whose padding stays as it is.
 * @param isMap its columns are tokens, too
 */
export function filledStep(step: PointStep, of: number, isMap: boolean): PointStep {
  return eachNumbers(step, (numbers, rest) => {
    const { dims, data } = numbers;
    const isOfTokens = (axis: number) => axis === 2 || (axis === 3 && isMap);
    const wide = dims.map((size, axis) => (isOfTokens(axis) && size > 1 ? of : size));
    const [, , rows = 1, columns = 1] = dims;
    const [, , allRows = 1, allColumns = 1] = wide;
    if (rows === allRows && columns === allColumns) return numbers;
    const filled = alike(data, sizeOf(wide));
    filled.fill(rest);
    for (let line = 0; line < data.length / columns; line++) {
      const to = Math.floor(line / rows) * allRows + (line % rows);
      filled.set(data.subarray(line * columns, (line + 1) * columns), to * allColumns);
    }
    return { dims: wide, data: filled };
  });
}

type Take = <E extends Float32Array | Uint8Array>(numbers: Numbers<E>, rest: number) => Numbers<E>;

/** @param take gets with the numbers what leaves others as they are */
function eachNumbers({ mask, value, keep, add, force }: PointStep, take: Take): PointStep {
  return {
    ...(mask ? { mask: take(mask, 0) } : {}),
    ...(value ? { value: take(value, 0) } : {}),
    ...(keep ? { keep: take(keep, 1) } : {}),
    ...(add ? { add: take(add, -0) } : {}),
    ...(force ? { force: { keys: take(force.keys, 0), weights: take(force.weights, 0) } } : {}),
  };
}

function alike<E extends Float32Array | Uint8Array>(data: E, length: number): E {
  return new (data.constructor as { new (length: number): E })(length);
}
