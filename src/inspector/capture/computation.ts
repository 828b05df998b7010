import type { Computation, ComputationParams, OutputStage } from '../../protocol/computation';
import { InspectorError, toErrorReport } from '../../protocol/errors';
import { fromHead, fromLayer } from '../attention/outputStage';
import { addedBias, dotProduct, softmaxParts, weightError } from '../attention/rowSteps';
import { keyHeadOf } from '../attention/scores';
import type { SiteCapture } from '../model/run';
import { gatedHeads } from '../model/tensors/gate';
import type { Tensor } from '../runtime/tensor';
import type { Capture } from './capture';
import type { SiteDetails } from './details';
import { changedBy } from './changedBy';
import { checkIndex } from './mapSource';

/**
 * Every number of one query's row of one head, from the projections to the residual stream
 * (Vaswani et al. 2017, §3.2).
 * @throws InspectorError where the capture holds no queries and keys
 */
export async function computation(
  capture: Capture,
  params: ComputationParams,
): Promise<Computation> {
  const { stack, kind, layer, head, query, from } = params;
  const block = { stack, kind };
  const found = capture.siteAt(block, layer);
  const { site, query: queries, key: keys, value } = found;
  checkIndex('head', head, site.heads);
  if (!queries || !keys) {
    throw new InspectorError(
      'not-captured',
      `The queries and keys of layer ${layer} are not in this capture, so only its weights can be shown. Inspect the text with the model itself to see them.`,
    );
  }
  checkIndex('query', query, queries.dims[2] ?? 0);
  const keyCount = keys.dims[2] ?? 0;
  checkIndex('key', from, keyCount);
  const count = Math.min(params.count, keyCount - from);
  const { headDim, scale, softCap } = site;
  const keyHead = keyHeadOf(site, head);

  const { weights, allowed, scores, maskedScores, sink } = await capture.row({
    block,
    layer,
    head,
    query,
  });
  if (!scores || !maskedScores) {
    throw new InspectorError('internal', 'A row of one head came without its scores.');
  }
  const products = Float64Array.from({ length: keyCount }, (_, key) => {
    const q = (head * (queries.dims[2] ?? 0) + query) * headDim;
    return dotProduct(queries.data, q, keys.data, (keyHead * keyCount + key) * headDim, headDim);
  });
  const addsBias = ['relativeBias', 'alibi'].includes(site.positional.kind);
  const bias = addedBias(scores, maskedScores, softCap, addsBias);
  const headOutput = headOutputOf(found, head, keyHead, query, weights);
  const details = await detailsOf(capture, found);
  const changed = changedBy(capture.summary, site, head, query);
  const { unrotatedQuery, unrotatedKey } = details;
  const keysOf = (tensor: Tensor) => vectorsAt(tensor, keyHead, from, count);
  return {
    query,
    keyHead,
    headDim,
    scale,
    ...(softCap === undefined ? {} : { softCap }),
    q: vectorsAt(queries, head, query, 1),
    ...(unrotatedQuery ? { qUnrotated: vectorsAt(unrotatedQuery, head, query, 1) } : {}),
    from,
    k: keysOf(keys),
    ...(unrotatedKey ? { kUnrotated: keysOf(unrotatedKey) } : {}),
    ...(value ? { v: keysOf(value) } : {}),
    products: Float32Array.from(products),
    scores,
    ...(bias ? { bias } : {}),
    maskedScores,
    weights,
    allowed,
    ...softmaxParts(maskedScores, sink),
    ...(headOutput ? { headOutput } : {}),
    ...(found.gate ? { gate: vectorsAt(found.gate, head, query, 1) } : {}),
    weightError: changed.includes('weights')
      ? 0
      : weightError(products, scale, softCap, bias, maskedScores, weights, sink),
    ...(changed.length > 0 ? { changed } : {}),
    output: changed.includes('attentionOutput')
      ? {
          missing: `An intervention changes what the attention of layer ${layer} adds, so it is not its heads times W_O.`,
        }
      : outputStage(found, details, head, query),
  };
}

/** What surrounds the attention; without it the stages of the head itself can still be shown. */
async function detailsOf(capture: Capture, site: SiteCapture): Promise<SiteDetails> {
  try {
    return await capture.detailsOf(site);
  } catch (error) {
    const missing = toErrorReport(error).message;
    return { projection: { missing }, residual: { missing } };
  }
}

/** Σ α v as the model gave it, else from the weights and values; undefined without either. */
function headOutputOf(
  { headOutput, value }: SiteCapture,
  head: number,
  keyHead: number,
  query: number,
  weights: Float32Array,
): Float32Array | undefined {
  if (headOutput) return vectorsAt(headOutput, head, query, 1);
  if (!value) return undefined;
  const [, , keys = 0, headDim = 0] = value.dims;
  return Float32Array.from({ length: headDim }, (_, i) =>
    weights.reduce(
      (sum, weight, key) =>
        sum + weight * (value.data[(keyHead * keys + key) * headDim + i] ?? NaN),
      0,
    ),
  );
}

function outputStage(
  { headOutput, gate }: SiteCapture,
  { projection, residual }: SiteDetails,
  head: number,
  query: number,
): OutputStage | { readonly missing: string } {
  if ('missing' in projection) return projection;
  if (!headOutput) return { missing: 'The outputs of the heads are not in this capture.' };
  const { modelDim } = projection;
  const heads = gatedHeads(headOutput, gate);
  const layer = fromLayer(heads, projection, query);
  const part = fromHead(heads, projection, head, query);
  if ('missing' in residual) return { fromHead: part, ...layer, residualMissing: residual.missing };
  const before = residual.slice(query * modelDim, (query + 1) * modelDim);
  const sum = before.map((value, d) => value + (layer.fromLayer[d] ?? NaN));
  return { fromHead: part, ...layer, residual: before, sum };
}

/** Rows `[first, first + count)` of one head of `[1, heads, rows, headDim]`. */
function vectorsAt({ dims, data }: Tensor, head: number, first: number, count: number) {
  const [, , rows = 0, headDim = 0] = dims;
  const start = (head * rows + first) * headDim;
  return data.slice(start, start + count * headDim);
}
