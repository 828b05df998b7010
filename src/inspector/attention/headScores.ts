import type { AttentionSite } from '../../protocol/model';
import type { HeadVectors } from '../../protocol/scoreBlock';
import type { HeadScores } from '../../protocol/tileKernel';
import type { Tensor } from '../runtime/tensor';
import { keyHeadOf } from './scores';

/**
 * One query head and the key head that it reads.
 * @param query `[1, heads, queries, headDim]`
 * @param key `[1, keyHeads, keys, headDim]`
 */
export function headScores(
  site: AttentionSite,
  query: Tensor,
  key: Tensor,
  head: number,
): HeadScores {
  const { scale, mask, kind } = site;
  return {
    query: vectorsOf(query, head),
    key: vectorsOf(key, keyHeadOf(site, head)),
    queries: query.dims[2] ?? 0,
    keys: key.dims[2] ?? 0,
    scale,
    mask: kind === 'cross' ? { kind: 'bidirectional' } : mask,
  };
}

function vectorsOf({ dims, data }: Tensor, head: number): HeadVectors {
  const [, , count = 0, headDim = 0] = dims;
  const size = count * headDim;
  return { data: data.subarray(head * size, (head + 1) * size), headDim };
}
