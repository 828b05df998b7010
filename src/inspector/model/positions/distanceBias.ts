import type { AttentionSite } from '../../../protocol/model';
import type { Tensor } from '../../runtime/tensor';

/** A tensor that is added to the scores or taken from them. */
export interface SignedTensor extends Tensor {
  readonly sign: 1 | -1;
}

/** Bias of each head by distance key − query. */
export interface DistanceBias {
  readonly firstDistance: number;
  /** As added to the scores `[heads, distances]`; NaN where the mask blocks every pair. */
  readonly bias: Float32Array;
}

/** What is added below this blocks; no bias does. */
const BLOCKED_BELOW = -1e3;
/** Differences up to here are rounding. */
const ROUNDING = 1e-4;

/** Whether a site adds to its scores what tells of positions. */
export function isBiased({ positional }: Pick<AttentionSite, 'positional'>): boolean {
  return positional.kind === 'relativeBias' || positional.kind === 'alibi';
}

/**
 * The bias by distance of tensors `[batch, heads, queries, keys]`, any dimension but the last of which
 * may be 1 or absent. Where it also depends on the query, which the softmax does not see, a token's bias
 * on itself counts as 0.
 */
export function biasByDistance(tensors: readonly SignedTensor[], heads: number): DistanceBias {
  const length = Math.max(...tensors.map(({ dims }) => dims.at(-1) ?? 0));
  const distances = Math.max(0, 2 * length - 1);
  const firstDistance = Math.min(0, 1 - length);
  const bias = new Float32Array(heads * distances).fill(NaN);
  const read = readers(tensors);
  /** Returns whether pairs at the same distance have the same bias. */
  const collect = (isRelative: boolean): boolean => {
    let isByDistance = true;
    for (let head = 0; head < heads; head++) {
      for (let query = 0; query < length; query++) {
        const own = isRelative ? read(head, query, query) : 0;
        for (let key = 0; key < length; key++) {
          const value = read(head, query, key);
          if (!(value > BLOCKED_BELOW)) continue;
          const at = head * distances + key - query - firstDistance;
          const known = bias[at] ?? NaN;
          if (Number.isNaN(known)) bias[at] = value - own;
          else if (Math.abs(known - value + own) > ROUNDING) isByDistance = false;
        }
      }
    }
    return isByDistance;
  };
  if (!collect(false)) {
    bias.fill(NaN);
    collect(true);
  }
  return { firstDistance, bias };
}

/** ALiBi's slope of each head: how much the bias falls with each step back `[heads]`. */
export function slopesOf(tensors: readonly SignedTensor[], heads: number): Float32Array {
  const length = Math.max(...tensors.map(({ dims }) => dims.at(-1) ?? 0));
  const read = readers(tensors);
  const last = length - 1;
  return Float32Array.from(
    { length: heads },
    (_, head) => (read(head, last, last) - read(head, last, 0)) / last,
  );
}

/** The sum of all tensors at one head, query and key. */
function readers(
  tensors: readonly SignedTensor[],
): (head: number, query: number, key: number) => number {
  const each = tensors.map(({ dims, data, sign }) => {
    const [heads = 1, queries = 1, keys = 1] = [1, 1, ...dims].slice(-3);
    return (head: number, query: number, key: number) => {
      const row = (heads > 1 ? head : 0) * queries + (queries > 1 ? query : 0);
      return sign * (data[row * keys + (keys > 1 ? key : 0)] ?? NaN);
    };
  });
  return (head, query, key) => each.reduce((sum, at) => sum + at(head, query, key), 0);
}
