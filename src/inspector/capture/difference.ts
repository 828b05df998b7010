import type { Difference, DifferenceParams } from '../../protocol/comparison';
import { InspectorError } from '../../protocol/errors';
import { LARGEST_WHOLE_MAP } from '../../protocol/tiles';
import { align, type Alignment } from './align';
import type { Capture } from './capture';

/** Steps of a code in each direction. */
const STEPS = 127;

/**
 * after − before of one map, over the tokens that both runs share.
 * @throws InspectorError `inputs-wrong` where the runs read different tokens or are too long
 */
export async function difference(
  before: Capture,
  after: Capture,
  { block, layer, head }: DifferenceParams,
): Promise<Difference> {
  const alignStack = (stack: typeof block.stack) => align(before.summary, after.summary, stack);
  const rows = alignStack(block.stack);
  const columns = block.kind === 'cross' ? alignStack('encoder') : rows;
  const longest = Math.max(rows.count, columns.count);
  if (longest > LARGEST_WHOLE_MAP) {
    const [most, count] = [LARGEST_WHOLE_MAP, longest].map(n => n.toLocaleString('en'));
    throw new InspectorError(
      'inputs-wrong',
      `Maps are subtracted whole, up to ${most} tokens; these runs have ${count}. Compare a shorter text.`,
    );
  }
  const choice = { block, layer, head };
  const [a, b] = [await before.weights(choice), await after.weights(choice)];
  const moved = new Float32Array(rows.count * columns.count);
  const totalVariation = new Float32Array(rows.count);
  let limit = 0;
  for (let query = 0, at = 0; query < rows.count; query++) {
    const [startBefore, startAfter] = [
      (rows.firstBefore + query) * a.keys + columns.firstBefore,
      (rows.firstAfter + query) * b.keys + columns.firstAfter,
    ];
    let sum = 0;
    for (let key = 0; key < columns.count; key++, at++) {
      const change = (b.weights[startAfter + key] ?? 0) - (a.weights[startBefore + key] ?? 0);
      moved[at] = change;
      limit = Math.max(limit, Math.abs(change));
      sum += Math.abs(change);
    }
    totalVariation[query] = sum / 2;
  }
  return {
    queries: rows.count,
    keys: columns.count,
    codes: Int8Array.from(moved, change =>
      limit === 0 ? 0 : Math.round((change / limit) * STEPS),
    ),
    limit,
    totalVariation,
    ...offsets(columns),
  };
}

/** Padding stands in front of the keys; the rows of self-attention have the same. */
function offsets({ firstBefore, firstAfter }: Alignment) {
  return { offsetBefore: firstBefore, offsetAfter: firstAfter };
}
