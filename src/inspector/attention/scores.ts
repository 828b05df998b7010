import type { AttentionSite } from '../../protocol/model';
import { sizeOf, type Tensor } from '../runtime/tensor';

/** The key head that a query head reads: grouped-query attention shares them (Ainslie et al. 2023). */
export function keyHeadOf(site: AttentionSite, head: number): number {
  return Math.floor((head * site.keyHeads) / site.heads);
}

/**
 * Scores of one query, q·k × scale, before mask and bias.
 * @param query `[batch, heads, queries, headDim]`
 * @param key `[batch, keyHeads, keys, headDim]`
 * @param output receives `[keys]`
 */
export function scoreRow(
  site: AttentionSite,
  query: Tensor,
  key: Tensor,
  at: { readonly batch: number; readonly head: number; readonly query: number },
  output: Float32Array,
): void {
  const [, heads = 0, queries = 0, headDim = 0] = query.dims;
  const [, keyHeads = 0, keys = 0] = key.dims;
  const queryStart = ((at.batch * heads + at.head) * queries + at.query) * headDim;
  const keyStart = (at.batch * keyHeads + keyHeadOf(site, at.head)) * keys * headDim;
  for (let k = 0; k < keys; k++) {
    let sum = 0;
    const row = keyStart + k * headDim;
    for (let d = 0; d < headDim; d++) {
      sum += (query.data[queryStart + d] ?? 0) * (key.data[row + d] ?? 0);
    }
    output[k] = sum * site.scale;
  }
}

/** All scores of a site, q·k × scale `[batch, heads, queries, keys]`. */
export function scores(site: AttentionSite, query: Tensor, key: Tensor): Tensor {
  const [batches = 0, heads = 0, queries = 0] = query.dims;
  const keys = key.dims[2] ?? 0;
  const dims = [batches, heads, queries, keys];
  const data = new Float32Array(sizeOf(dims));
  let start = 0;
  for (let batch = 0; batch < batches; batch++) {
    for (let head = 0; head < heads; head++) {
      for (let q = 0; q < queries; q++, start += keys) {
        const row = data.subarray(start, start + keys);
        scoreRow(site, query, key, { batch, head, query: q }, row);
      }
    }
  }
  return { dims, data };
}
