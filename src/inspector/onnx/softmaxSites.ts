import type { Analysis } from './analysis';
import { isCross, originOf } from './origin';
import { transparent } from './operatorKinds';
import { scoreProduct } from './product';
import { peelScale } from './scaling';
import { scorePaths, treatment } from './scorePath';
import type { FoundSite } from './site';
import type { Node } from './types';
import { findOutputProduct } from './weightPath';

/** A softmax, as one node or spelled out. */
interface Softmax {
  readonly node: Node;
  readonly input: string;
  readonly output: string;
}

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
    const softmax = softmaxAt(analysis, node);
    if (!softmax || !analysis.labels.isHidden(softmax.input)) continue;
    const site = siteAround(analysis, softmax);
    if (typeof site === 'string') unmatched.push({ node, reason: site });
    else sites.push(site);
  }
  return { sites, unmatched };
}

/** Recognises `Softmax`, `exp(x) / sum(exp(x))` and `exp(log-softmax(x))`. */
function softmaxAt({ index }: Analysis, node: Node): Softmax | undefined {
  const [first, second] = node.inputs;
  const [output] = node.outputs;
  if (!first || !output || node.domain) return undefined;
  if (node.operator === 'Softmax') return { node, input: first, output };
  if (node.operator === 'Exp') {
    const logSoftmax = index.producer(first);
    const input = logSoftmax?.inputs[0];
    return logSoftmax?.operator === 'LogSoftmax' && input ? { node, input, output } : undefined;
  }
  if (node.operator !== 'Div' && node.operator !== 'Mul') return undefined;
  const exponential = index.producer(first);
  let divisor = index.producer(second);
  if (node.operator === 'Mul') {
    if (divisor?.operator !== 'Reciprocal') return undefined;
    divisor = index.producer(divisor.inputs[0]);
  }
  if (exponential?.operator !== 'Exp' || divisor?.operator !== 'ReduceSum') return undefined;
  if (divisor.inputs[0] !== first) return undefined;
  const shifted = index.producer(exponential.inputs[0]);
  const input = shifted?.operator === 'Sub' ? shifted.inputs[0] : exponential.inputs[0];
  return input ? { node, input, output } : undefined;
}

function siteAround(analysis: Analysis, softmax: Softmax): FoundSite | string {
  const [path] = scorePaths(analysis, softmax.input);
  if (!path) {
    return joinsScores(analysis, softmax.input)
      ? 'attention sinks or other columns are joined to its scores'
      : 'its input is no product of queries and keys';
  }
  const output = findOutputProduct(analysis, softmax.output);
  if (!output) return 'its output is not multiplied with values';
  const product = scoreProduct(path.product);
  if (!product) return 'its product of queries and keys is laid out in an unknown way';

  const treated = treatment(analysis, path);
  const q = peelScale(analysis, product.query.tensor);
  const k = peelScale(analysis, product.key.tensor);
  const query = originOf(analysis, product.query.tensor);
  const key = originOf(analysis, product.key.tensor);
  const cross = isCross(query, key);
  const heads = { kind: 'heads' } as const;
  return {
    node: softmax.node,
    operator: softmax.node.operator === 'Softmax' ? 'Softmax' : 'spelled-out softmax',
    views: {
      query: { ...product.query, tensor: q.tensor },
      key: { ...product.key, tensor: k.tensor },
      value: output.value,
      scores: { tensor: treated.scaled, layout: heads },
      maskedScores: { tensor: softmax.input, layout: heads },
      weights: output.weights.view,
      headOutput: output.output,
    },
    scale: [{ constant: product.alpha }, ...q.factors, ...k.factors, ...treated.factors],
    ...(treated.softCap === undefined ? {} : { softCap: treated.softCap }),
    hasContentBias: treated.hasContentBias,
    biasTensors: treated.biases,
    query,
    key,
    isCross: cross,
    memoryEdges: cross
      ? [
          { node: product.node, input: product.node.inputs.indexOf(product.key.tensor) },
          { node: output.node, input: output.node.inputs.indexOf(output.value.tensor) },
        ]
      : [],
    queryTensor: q.tensor,
    end: output.node,
    scalePoint: {
      tensor: output.weights.view.tensor,
      layout: output.weights.view.layout,
      reader: { node: output.node, input: output.weights.input },
    },
  };
}

/** Whether a `Concat` between the products and the softmax adds columns that are no keys. */
function joinsScores(analysis: Analysis, tensor: string): boolean {
  const seen = new Set([tensor]);
  for (const current of seen) {
    const node = analysis.index.producer(current);
    if (!node || seen.size > 24) continue;
    if (node.operator === 'Concat') {
      return node.inputs.some(input => scorePaths(analysis, input).length > 0);
    }
    const input = node.inputs.find(name => analysis.labels.isHidden(name));
    if (input && transparent.has(node.operator)) seen.add(input);
  }
  return false;
}
