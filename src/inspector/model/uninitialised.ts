import type { Quantity } from '../onnx/site';
import type { Tensor } from '../runtime/tensor';

/**
 * `GroupQueryAttention` leaves memory as it was where a query may not attend: after its own position
 * and after the last valid key. Those weights are 0, those scores -∞.
 * @param last position of the last valid key of each batch row
 */
export function clearUninitialised(
  site: { readonly [Q in Quantity]?: Tensor },
  last: Float32Array | undefined,
): void {
  fillBlocked(site.weights, last, 0);
  fillBlocked(site.maskedScores, last, -Infinity);
}

function fillBlocked(
  tensor: Tensor | undefined,
  last: Float32Array | undefined,
  value: number,
): void {
  if (!tensor) return;
  const [batch = 1, heads = 1, queries = 1, keys = 1] = tensor.dims;
  for (let row = 0; row < batch * heads * queries; row++) {
    const validKeys = (last?.[Math.floor(row / (heads * queries))] ?? keys - 1) + 1;
    const ownPosition = (row % queries) + keys - queries;
    const start = Math.min(ownPosition + 1, validKeys);
    tensor.data.fill(value, row * keys + start, (row + 1) * keys);
  }
}
