import type { Node } from '../../file/types';
import type { Analysis } from '../../graph/analysis';
import type { FoundRouter, RouterSource } from '../../graph/router';
import type { Unmatched } from '../softmaxSites';
import { Lineage, projectedBy } from './lineage';
import { weightedSum } from './weightedSum';

/** The routers of a graph, and what may be attention without what is known to be theirs. */
export interface Routers {
  readonly routers: readonly FoundRouter[];
  readonly unmatched: readonly Unmatched[];
}

/**
 * Finds what chooses the experts of mixtures: a choice of the largest (`TopK`) among scores that one
 * projection gives, a softmax over all of them, or a fused operator.
 * @param unmatched softmaxes that are no attention: those of routers are among them
 */
export function findRouters(analysis: Analysis, unmatched: readonly Unmatched[]): Routers {
  const { index, labels } = analysis;
  const softmaxes = new Set(unmatched.map(({ node }) => node));
  const found = new Map<string, Candidate>();
  for (const node of index.nodes) {
    const fused = fusedRouter(node);
    const [scores] = node.inputs;
    const isChoice = node.operator === 'TopK' && node.domain === '' && labels.isHidden(scores);
    const logits = fused
      ? (projectedBy(analysis, fused.logits) ?? fused.logits)
      : isChoice || softmaxes.has(node)
        ? projectedBy(analysis, scores ?? '')
        : undefined;
    if (logits === undefined) continue;
    const lineage = found.get(logits)?.lineage ?? new Lineage(analysis, logits);
    const had = found.get(logits)?.router;
    // A softmax of what was chosen is no other choice.
    if (!isChoice && had?.refusal === undefined && had) continue;
    const router = fused ?? routerAt(analysis, lineage, node, logits);
    // The last choice counts: earlier ones are of groups of experts.
    if (router && (!had || had.refusal !== undefined || router.refusal === undefined)) {
      found.set(logits, { router, lineage });
    }
  }
  const all = [...found.values()];
  return {
    routers: all.map(({ router }) => router),
    unmatched: unmatched.filter(({ node }) => !all.some(({ lineage }) => lineage.makes(node))),
  };
}

interface Candidate {
  readonly router: FoundRouter;
  readonly lineage: Lineage;
}

/** `MoE` and `QMoE` of com.microsoft, which choose inside. */
function fusedRouter(node: Node): FoundRouter | undefined {
  const { operator, domain, inputs, attributes } = node;
  if (domain !== 'com.microsoft' || (operator !== 'MoE' && operator !== 'QMoE')) return undefined;
  const whole = (name: string, otherwise: number) => attributes.get(name)?.int ?? otherwise;
  const refusal = whole('use_sparse_mixer', 0)
    ? 'it chooses by a sparse mixer, whose weights the operator keeps to itself'
    : operator === 'QMoE' && inputs[14]
      ? 'its weights are given apart from what it chooses by'
      : undefined;
  return {
    node,
    logits: inputs[1] ?? '',
    source: {
      kind: 'operator',
      count: whole('k', 1),
      normalises: whole('normalize_routing_weights', 0) === 1,
    },
    ...(refusal === undefined ? {} : { refusal }),
  };
}

function routerAt(
  analysis: Analysis,
  lineage: Lineage,
  node: Node,
  logits: string,
): FoundRouter | undefined {
  let refusal: string | undefined;
  let refused: RouterSource | undefined;
  for (const source of sourcesOf(analysis, node)) {
    const weights = finalWeights(analysis, lineage, source.weights);
    const sum = weightedSum(analysis, lineage, weights, source.chosen !== undefined);
    if (sum === 'sum') return { node, logits, source: { ...source, weights } };
    if (sum && refusal === undefined) {
      refusal = sum.fault;
      refused = { ...source, weights };
    }
  }
  return refusal === undefined || !refused ? undefined : { node, logits, source: refused, refusal };
}

type TensorSource = RouterSource & { readonly kind: 'tensors' };

/** Where the weights of a choice may begin: what it chose, or what is looked up with its choice. */
function sourcesOf({ index }: Analysis, node: Node): readonly TensorSource[] {
  const [first = '', chosen] = node.outputs;
  const axis = node.attributes.get('axis')?.int ?? -1;
  if (node.operator !== 'TopK') return [{ kind: 'tensors', weights: first, axis }];
  if (!chosen) return [];
  const lookups = index
    .consumers(chosen)
    .filter(({ operator, inputs }) => operator === 'GatherElements' && inputs[1] === chosen);
  return [first, ...lookups.map(({ outputs }) => outputs[0] ?? '')].map(weights => ({
    kind: 'tensors',
    weights,
    chosen,
    axis,
  }));
}

/** Weights as they multiply: after a softmax of the chosen, a division by their sum, a factor. */
function finalWeights({ index, constants }: Analysis, lineage: Lineage, first: string): string {
  let weights = first;
  for (;;) {
    const readers = index
      .consumers(weights)
      .filter(({ operator }) => operator !== 'Shape' && operator !== 'ReduceSum');
    const [node, ...more] = readers;
    const [output] = node?.outputs ?? [];
    if (!node || !output || more.length > 0 || !lineage.has(output)) return weights;
    const [left, right] = node.inputs;
    const other = left === weights ? right : left;
    const isDivided = node.operator === 'Div' && left === weights;
    const isScaled = node.operator === 'Mul' || isDivided;
    const isSum = isDivided && isSumOf(index, right, weights);
    const keeps =
      ['Cast', 'Identity', 'Sigmoid', 'Softmax'].includes(node.operator) ||
      (isScaled && constants.scalar(other) !== undefined) ||
      isSum;
    if (!keeps) return weights;
    weights = output;
  }
}

/** Whether a tensor is the sum of another, perhaps with something small added that keeps it from 0. */
function isSumOf(index: Analysis['index'], tensor: string | undefined, of: string): boolean {
  let node = index.producer(tensor);
  for (let step = 0; step < 4 && node; step++) {
    if (node.operator === 'ReduceSum') return node.inputs[0] === of;
    if (!['Add', 'Cast', 'Clip', 'Max', 'Expand', 'Identity'].includes(node.operator)) return false;
    const inner = node.inputs.map(input => index.producer(input));
    node = inner.find(producer => producer && producer.operator !== 'Constant');
  }
  return false;
}
