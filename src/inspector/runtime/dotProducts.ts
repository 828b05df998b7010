import type { Tensor } from './tensor';

/**
 * q·k × scale in float64, with key heads shared among query heads.
 * @param query `[batch, heads, queries, headDim]`
 * @param key `[batch, keyHeads, keys, headDim]`
 * @returns `[batch, heads, queries, keys]`
 */
export function dotProducts(query: Tensor, key: Tensor, scale: number): Float64Array {
  const [batch = 1, heads = 1, queries = 1, width = 1] = query.dims;
  const [, keyHeads = 1, keys = 1] = key.dims;
  const scores = new Float64Array(batch * heads * queries * keys);
  for (let row = 0; row < batch * heads * queries; row++) {
    const head = Math.floor(row / queries);
    const keyHead =
      Math.floor(head / heads) * keyHeads + Math.floor(((head % heads) * keyHeads) / heads);
    for (let k = 0; k < keys; k++) {
      const at = (keyHead * keys + k) * width;
      let sum = 0;
      for (let d = 0; d < width; d++) {
        sum += (query.data[row * width + d] ?? NaN) * (key.data[at + d] ?? NaN);
      }
      scores[row * keys + k] = sum * scale;
    }
  }
  return scores;
}
