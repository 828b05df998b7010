import type { Tensor } from '../../runtime/tensor';

/**
 * A state with some tokens of it replaced.
 * @param state `[rows, tokens, modelDim]`
 * @param mask `[rows or 1, tokens, 1]`, 1 where it is
 * @param value `[rows or 1, tokens, modelDim]`
 */
export function replacedState(state: Tensor, mask: Tensor, value: Tensor): Tensor {
  const [rows = 1, tokens = 1, width = 1] = state.dims;
  const data = state.data.slice();
  for (let at = 0; at < rows * tokens; at++) {
    if (mask.data[at % mask.data.length] !== 1) continue;
    const from = (at * width) % value.data.length;
    data.set(value.data.subarray(from, from + width), at * width);
  }
  return { dims: state.dims, data };
}
