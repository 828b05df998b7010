import type { ComparedPart } from '../../protocol/firstDivergence';
import { isBlocked } from '../attention/masks';
import type { Tensor } from '../runtime/tensor';

/** Whether a token of a row of the batch is text, and not padding. */
export type IsText = (row: number, token: number) => boolean;

/** How far two tensors are apart. */
export interface Measured {
  readonly error: number;
  readonly largest: number;
  readonly cosine: number;
  readonly worst: { readonly token: number; readonly head: number };
}

/** Sums over one row of two tensors. */
interface RowSums {
  readonly difference: number;
  readonly size: number;
  readonly other: number;
  readonly product: number;
  readonly variation: number;
  readonly largest: number;
}

/**
 * Compares two tensors `[batch, heads, tokens, columns]`: ‖B − A‖₂ ÷ ‖A‖₂; weights by the mean total variation
 * of their rows, masked scores only where neither is blocked. Rows of padding do not count.
 * @returns undefined where they have not the same shape
 */
export function measured(
  kind: ComparedPart,
  a: Tensor,
  b: Tensor,
  isText: IsText,
): Measured | undefined {
  if (a.dims.length !== b.dims.length || a.dims.some((dim, i) => dim !== b.dims[i])) {
    return undefined;
  }
  const [batch = 1, heads = 1, tokens = 1, columns = 1] = a.dims;
  const isMasked = kind === 'maskedScores';
  const ofRow = (sums: RowSums) => (kind === 'weights' ? sums.variation : sums.difference);
  let [difference, size, other, product, variation, rows, largest] = [0, 0, 0, 0, 0, 0, 0];
  let most = -1;
  let worst = { token: 0, head: 0 };
  for (let text = 0; text < batch; text++) {
    for (let head = 0; head < heads; head++) {
      for (let token = 0; token < tokens; token++) {
        if (!isText(text, token)) continue;
        const at = ((text * heads + head) * tokens + token) * columns;
        const end = at + columns;
        const sums = rowSums(a.data.subarray(at, end), b.data.subarray(at, end), isMasked);
        rows++;
        difference += sums.difference;
        size += sums.size;
        other += sums.other;
        product += sums.product;
        variation += sums.variation;
        largest = Math.max(largest, sums.largest);
        if (ofRow(sums) > most) {
          most = ofRow(sums);
          worst = { token, head };
        }
      }
    }
  }
  const error = kind === 'weights' ? variation / Math.max(1, rows) : ratio(difference, size);
  const norm = Math.sqrt(size) * Math.sqrt(other);
  const cosine = norm > 0 ? product / norm : difference === 0 ? 1 : 0;
  return { error, largest, cosine: Number.isFinite(cosine) ? cosine : 0, worst };
}

/**
 * ‖b − a‖₂ ÷ ‖a‖₂ of two lists of numbers; infinite where one is blocked or no number and the other is not.
 */
export function relativeError(a: Float32Array, b: Float32Array): number {
  const isApart = a.length !== b.length || a.some((x, i) => isBlocked(x) !== isBlocked(b[i] ?? 0));
  if (isApart) return Infinity;
  const { difference, size } = rowSums(a, b, true);
  return ratio(difference, size);
}

function ratio(difference: number, size: number): number {
  return difference === 0 ? 0 : Math.sqrt(difference) / Math.sqrt(size);
}

/** What is no number in both is the same in both; in one alone, it is infinitely far. */
function rowSums(a: Float32Array, b: Float32Array, isMasked: boolean): RowSums {
  let [difference, size, other, product, variation, largest] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? NaN, b[i] ?? NaN];
    if (isMasked && (isBlocked(x) || isBlocked(y))) continue;
    if (Object.is(x, y) && !Number.isFinite(x)) continue;
    const apart = Number.isFinite(x) && Number.isFinite(y) ? Math.abs(y - x) : Infinity;
    difference += apart * apart;
    variation += apart / 2;
    largest = Math.max(largest, apart);
    if (apart === Infinity) continue;
    size += x * x;
    other += y * y;
    product += x * y;
  }
  return { difference, size, other, product, variation, largest };
}
