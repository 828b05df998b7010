import type { Block } from '../../protocol/capture';
import { SHARE_PARTS, type Shares } from '../../protocol/comparison';
import { InspectorError } from '../../protocol/errors';
import type { Token } from '../../protocol/tokens';
import { breaths } from '../runtime/breathe';
import type { Capture, HeadRows } from './capture';
import { readRows } from './readRows';

/**
 * Where the weight of each layer goes: to earlier tokens, the query itself, later tokens, or special
 * ones, means over heads and queries. Queries that the mask lets see nothing count nowhere, nor does
 * hidden padding; of long texts some queries stand for all.
 * @throws InspectorError for cross-attention, which has no past and no future
 */
export async function shares(capture: Capture, block: Block): Promise<Shares> {
  if (block.kind === 'cross') {
    throw new InspectorError(
      'inputs-wrong',
      'Cross-attention reads another sequence, which has no past and no future. Choose self-attention.',
    );
  }
  const sites = capture.sitesOf(block);
  const tokens = capture.summary.tokens[block.stack] ?? [];
  const parts = new Float32Array(sites.length * SHARE_PARTS.length);
  const breathe = breaths();
  for (const [i, site] of sites.entries()) {
    const sums = new Float64Array(SHARE_PARTS.length);
    for (let head = 0; head < site.site.heads; head++) {
      addShares(await readRows(capture, site, head), tokens, sums);
      await breathe();
    }
    const total = sums.reduce((all, sum) => all + sum, 0);
    parts.set(
      sums.map(sum => sum / total),
      i * SHARE_PARTS.length,
    );
  }
  return { block, layers: sites.map(({ site }) => site.layer), parts };
}

/** Adds the weights of some rows to `[past, current, future, special]`. */
function addShares(
  { rows, keys, weights }: HeadRows,
  tokens: readonly Token[],
  sums: Float64Array,
): void {
  rows.forEach((query, at) => {
    for (let key = 0; key < keys; key++) {
      const part = tokens[key]?.special ? 3 : 1 + Math.sign(key - query);
      sums[part] = (sums[part] ?? 0) + (weights[at * keys + key] ?? 0);
    }
  });
}
