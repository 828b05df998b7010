import type { PositionalEncoding } from '../../../protocol/model';
import { positionTable } from '../../onnx/find/positionTables';
import { rotation } from '../../onnx/find/rotation';
import type { Analysis } from '../../onnx/graph/analysis';
import type { FoundSite, Quantity } from '../../onnx/graph/site';
import type { Tensor } from '../../runtime/tensor';
import { biasPattern } from './biasPattern';

/**
 * How a site knows the order of its tokens: from how its queries are rotated, from what a probe run adds
 * to its scores, else from what is added to the embeddings.
 * @param firstLayer the residual stream before the first layer of the site's stack
 */
export function positionalEncoding(
  analysis: Analysis,
  site: FoundSite,
  firstLayer: string | undefined,
  tensors: { readonly [Q in Quantity]?: Tensor },
  scale: number,
): PositionalEncoding {
  if (site.query.rotary) return { kind: 'rotary', ...rotation(analysis, site) };
  if (site.isCross) return { kind: 'none' };
  if (site.hasContentBias) return { kind: 'relativeBias' };
  const bias = biasPattern(tensors, scale, site.softCap);
  if (bias.kind === 'alibi') {
    // More digits than this are rounding of the probe.
    return { kind: 'alibi', slopes: bias.slopes.map(slope => Number(slope.toPrecision(5))) };
  }
  if (bias.kind === 'relative') {
    const buckets = bucketCount(analysis, site, bias.heads);
    return { kind: 'relativeBias', ...(buckets ? { buckets } : {}) };
  }
  if (bias.kind === 'unknown') return { kind: 'unknown' };
  const table = firstLayer ? positionTable(analysis, firstLayer) : undefined;
  if (!table) return { kind: 'none' };
  if (table.isSinusoidal) return { kind: 'sinusoidal' };
  return { kind: 'learned', ...(table.rows === undefined ? {} : { positions: table.rows }) };
}

/** Rows of the table `[buckets, heads]` that the bias is looked up in. */
function bucketCount(analysis: Analysis, site: FoundSite, heads: number): number | undefined {
  const seen = new Set(site.biasTensors);
  for (const tensor of seen) {
    const node = analysis.index.producer(tensor);
    if (!node || seen.size > 60) continue;
    if (node.operator === 'Gather') {
      const dims = analysis.constants.of(node.inputs[0])?.dims;
      if (dims?.length === 2 && dims[1] === heads) return dims[0];
    }
    for (const input of node.inputs) if (input) seen.add(input);
  }
  return undefined;
}
