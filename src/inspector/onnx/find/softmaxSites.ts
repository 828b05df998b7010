import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { originOf } from '../graph/origin';
import type { FoundSite, TensorView } from '../graph/site';
import { productOfBytes, softmaxOfBytes } from './bytes';
import { changedScores } from './changedScores';
import { isPositionTerm } from './positionTerm';
import { scoreProduct, type OutputProduct, type ScoreProduct } from './product';
import { withoutScale } from './scaling';
import { scorePaths, treatment } from './scorePath';
import { softmaxAt, type Softmax } from './softmaxNodes';
import { areReused, findOutputProduct } from './weightPath';

/** A softmax over hidden states that is no attention we know, with the reason. */
export interface Unmatched {
  readonly node: Node;
  readonly reason: string;
}

/** Finds attention that is made of a softmax between two products. */
export function softmaxSites(analysis: Analysis): { sites: FoundSite[]; unmatched: Unmatched[] } {
  const sites: FoundSite[] = [];
  const unmatched: Unmatched[] = [];
  for (const node of analysis.index.nodes) {
    if (node.operator === 'QLinearSoftmax' && analysis.labels.isHidden(node.inputs[0])) {
      unmatched.push({ node, reason: softmaxOfBytes });
    }
    const softmax = softmaxAt(analysis, node);
    if (!softmax || !analysis.labels.isHidden(softmax.input)) continue;
    const site = siteAround(analysis, softmax);
    if (typeof site === 'string') unmatched.push({ node, reason: site });
    else sites.push(site);
  }
  return { sites, unmatched };
}

function siteAround(analysis: Analysis, softmax: Softmax): FoundSite | string {
  const [path] = scorePaths(analysis, softmax.input);
  const output = findOutputProduct(analysis, softmax.output);
  if (!path) {
    const changed = changedScores(analysis, softmax.input);
    const product = changed && scoreProduct(changed.product);
    const bytes = changed ? undefined : productOfBytes(analysis, softmax.input);
    if (bytes !== undefined) return bytes;
    if (!product || !output) return 'its input is no product of queries and keys';
    return refusedSite(analysis, softmax, product, output, changed.reason);
  }
  if (!output) return 'its output is not multiplied with values';
  const product = scoreProduct(path.product);
  if (!product) return 'its product of queries and keys is laid out in an unknown way';
  const treated = treatment(analysis, path);
  const content =
    treated.contentFactor ??
    treated.contentBiases.find(tensor => !isPositionTerm(analysis, tensor));
  if (content !== undefined) {
    const reason = `its scores get a term (“${content}”) that depends on the text and is neither q·k nor a position term`;
    return refusedSite(analysis, softmax, product, output, reason);
  }
  const [left, right] = operands(product, treated.isTurned);
  const query = withoutScale(analysis, left);
  const key = withoutScale(analysis, right);
  const heads = { kind: 'heads' } as const;
  const scores: TensorView = {
    tensor: treated.scaled,
    layout: treated.isScaledTurned ? { kind: 'transposed' } : heads,
  };
  return {
    ...around(analysis, softmax, product, output, treated.isTurned),
    views: {
      query: query.view,
      key: key.view,
      value: output.value,
      ...(treated.later === 1 ? { scores } : {}),
      maskedScores: { tensor: softmax.input, layout: heads },
      weights: output.weights.view,
      ...(softmax.sink?.kind === 'learned' ? { sink: softmax.sink.view } : {}),
      headOutput: output.output,
    },
    ...(softmax.sink ? { sink: softmax.sink.kind } : {}),
    scale: [{ constant: product.alpha }, ...query.factors, ...key.factors, ...treated.factors],
    ...(treated.later === 1 ? {} : { unfinished: { scores, factor: treated.later } }),
    ...(treated.softCap === undefined ? {} : { softCap: treated.softCap }),
    ...(treated.rounding ? { rounding: treated.rounding } : {}),
    hasContentBias: treated.contentBiases.length > 0,
    isReused: areReused(analysis, softmax.output),
    biasTensors: treated.biases,
    queryTensor: query.view.tensor,
  };
}

/** What is known of a site by its products alone. */
function around(
  analysis: Analysis,
  softmax: Softmax,
  product: ScoreProduct,
  output: OutputProduct,
  isTurned: boolean,
): FoundSite {
  const [query, key] = operands(product, isTurned);
  return {
    node: softmax.node,
    operator: softmax.node.operator === 'Softmax' ? 'Softmax' : 'spelled-out softmax',
    views: {},
    scale: [],
    hasContentBias: false,
    biasTensors: [],
    query: originOf(analysis, query.tensor),
    key: originOf(analysis, key.tensor),
    isCross: false,
    memoryEdges: [
      { node: product.node, input: product.node.inputs.indexOf(key.tensor) },
      { node: output.node, input: output.node.inputs.indexOf(output.value.tensor) },
    ],
    queryTensor: query.tensor,
    end: output.node,
    scalePoint: {
      tensor: output.weights.view.tensor,
      layout: output.weights.view.layout,
      reader: { node: output.node, input: output.weights.input },
    },
  };
}

/** An attention that keeps its place in the model although it cannot be shown. */
function refusedSite(
  analysis: Analysis,
  softmax: Softmax,
  product: ScoreProduct,
  output: OutputProduct,
  refusal: string,
): FoundSite {
  return { ...around(analysis, softmax, product, output, false), refusal };
}

/** Query and key of a product that the softmax may read turned over: (k · qᵀ)ᵀ = q · kᵀ. */
function operands({ query, key }: ScoreProduct, isTurned: boolean): [TensorView, TensorView] {
  return isTurned ? [key, query] : [query, key];
}
