import type { Node, StoredTensor } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { isSkipNormalization, projections } from '../graph/operatorKinds';
import type { FoundSite, OutputProjection } from '../graph/site';
import { gateAt, headOrder, type Gate } from './outputGate';
import { isQuantised, quantised, storedMatrix } from './storedMatrix';

/** What follows the heads of a site, with the reasons for what the graph does not show. */
export interface SiteOutput {
  readonly projection: OutputProjection | { readonly missing: string };
  /** The product with W_O, `[tokens, modelDim]` in any shape. */
  readonly projected?: string;
  /** What the projection is added to: the residual stream. */
  readonly residual?: string;
  /** What multiplies the heads before W_O. */
  readonly gate?: Gate;
}

/** Between the product with the values and W_O: the heads are put side by side. */
const rearranging = new Set([
  'Cast',
  'CastLike',
  'Dropout',
  'Flatten',
  'Identity',
  'Reshape',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);
/** More nodes than these lie between no heads and their projection, or a projection and its addition. */
const maximumLength = 12;

/** Follows the head output forward to W_O and to the addition to the residual stream. */
export function outputOf(analysis: Analysis, site: FoundSite): SiteOutput {
  const start = site.views.headOutput?.tensor;
  const { found, gate } = start === undefined ? {} : firstProjection(analysis, site, start);
  const gated = gate ? { gate } : {};
  if (!found)
    return {
      projection: { missing: 'nothing multiplies its heads with stored weights' },
      ...gated,
    };
  if (typeof found === 'string') return { projection: { missing: found }, ...gated };
  const { node, input } = found;
  if (!['MatMul', 'Gemm', 'FusedMatMul'].includes(node.operator) || input !== 0) {
    return { projection: { missing: `its heads go through ${node.operator}` }, ...gated };
  }
  const weights = storedMatrix(analysis, node.inputs[1]);
  if (typeof weights === 'string') return { projection: { missing: weights }, ...gated };
  if (flag(node, 'transA') || flag(node, 'transBatchA') || flag(node, 'transBatchB')) {
    return { projection: { missing: `its ${node.operator} transposes the heads` }, ...gated };
  }
  const width = weights.tensor.dims[weights.isTransposed !== flag(node, 'transB') ? 0 : 1] ?? 0;
  const product = node.outputs[0] ?? '';
  const inside = storedVector(analysis, node.inputs[2], width);
  const next = inside ? undefined : addedBias(analysis, product, width);
  const projected = next?.output ?? product;
  const sum = residualAddition(analysis, site, projected);
  const bias = inside ?? next?.bias ?? storedVector(analysis, sum?.bias, width);
  return {
    projection: {
      weights: weights.tensor,
      isTransposed: weights.isTransposed !== flag(node, 'transB'),
      alpha: node.attributes.get('alpha')?.float ?? 1,
      ...(bias ? { bias } : {}),
      biasComesAfter: !inside && !next && bias !== undefined,
    },
    projected,
    ...gated,
    ...(sum ? { residual: sum.residual } : {}),
  };
}

/** The nearest product with weights, or the node that stands in its way; and a gate on the way. */
function firstProjection(analysis: Analysis, site: FoundSite, start: string): FirstProjection {
  const { index } = analysis;
  let tensor = start;
  let order = headOrder(site.views.headOutput?.layout);
  let gate: Gate | undefined;
  const ending = (found: FirstProjection['found']): FirstProjection => ({
    found,
    ...(gate ? { gate } : {}),
  });
  for (let step = 0; step < maximumLength; step++) {
    const consumers = index.consumers(tensor).filter(({ operator }) => !shapes.has(operator));
    const [node] = consumers;
    if (!node || consumers.length > 1) {
      if (consumers.some(({ operator }) => quantised.test(operator))) return ending(isQuantised);
      return ending(node ? 'more than one node reads its heads' : undefined);
    }
    if (quantised.test(node.operator)) return ending(isQuantised);
    if (projections.has(node.operator)) {
      return ending({ node, input: node.inputs.indexOf(tensor) });
    }
    const found = order && !gate ? gateAt(analysis, node, tensor, order) : undefined;
    gate ??= found;
    if (!found && !rearranging.has(node.operator)) {
      return ending(`its heads go through ${node.operator} first`);
    }
    order = headOrder(order, node);
    tensor = node.outputs[0] ?? '';
  }
  return ending(undefined);
}

interface FirstProjection {
  readonly found?: { readonly node: Node; readonly input: number } | string | undefined;
  readonly gate?: Gate;
}

const shapes = new Set(['Shape', 'Size']);

/** A vector of `width` numbers that the graph stores. */
function storedVector(
  { index }: Analysis,
  tensor: string | undefined,
  width: number,
): StoredTensor | undefined {
  let name = tensor ?? '';
  for (let step = 0; step < maximumLength; step++) {
    const stored = index.graph.initializers.get(name);
    if (stored) return stored.dims.reduce((a, b) => a * b, 1) === width ? stored : undefined;
    const node = index.producer(name);
    if (!node || !['Cast', 'CastLike', 'Identity'].includes(node.operator)) return undefined;
    name = node.inputs[0] ?? '';
  }
  return undefined;
}

/** An addition of a stored vector right after the product. */
function addedBias(analysis: Analysis, product: string, width: number) {
  let tensor = product;
  for (let step = 0; step < maximumLength; step++) {
    const [node, ...others] = analysis.index.consumers(tensor);
    const [output] = node?.outputs ?? [];
    if (!node || !output || others.length > 0) return undefined;
    if (node.operator === 'Add') {
      const bias = storedVector(
        analysis,
        node.inputs.find(input => input !== tensor),
        width,
      );
      return bias && { bias, output };
    }
    if (!rearranging.has(node.operator)) return undefined;
    tensor = output;
  }
  return undefined;
}

/**
 * The addition that brings the projection into the residual stream. What it is added to must be what
 * the attention read from: parallel layers add the output of their MLP first.
 */
function residualAddition(analysis: Analysis, site: FoundSite, projected: string) {
  const { index, labels } = analysis;
  let tensor = projected;
  for (let step = 0; step < maximumLength; step++) {
    const node = index
      .consumers(tensor)
      .find(({ operator }) => rearranging.has(operator) || isAddition(operator));
    if (!node) return undefined;
    const isSkip = isSkipNormalization(node.operator);
    if (isAddition(node.operator)) {
      const added = node.inputs.slice(0, isSkip ? 2 : undefined);
      const others = added.filter(input => input !== tensor && labels.isHidden(input));
      const residual = others.find(input => isBefore(analysis, input, site.queryTensor));
      if (residual !== undefined && others.length === 1) {
        return { residual, ...(isSkip ? { bias: skipBias(node) } : {}) };
      }
      if (isSkip) return undefined;
    }
    tensor = node.outputs[0] ?? '';
  }
  return undefined;
}

function isAddition(operator: string): boolean {
  return operator === 'Add' || operator === 'Sum' || isSkipNormalization(operator);
}

/** Skip normalisations may add a bias of their own. */
function skipBias({ operator, inputs }: Node): string | undefined {
  return inputs[operator === 'SkipLayerNormalization' ? 4 : 3];
}

/** Whether `later` is computed from `earlier`. */
function isBefore({ index, labels }: Analysis, earlier: string, later: string): boolean {
  const producer = index.producer(earlier);
  const first = producer ? index.order(producer) : -1;
  const seen = new Set([later]);
  for (const tensor of seen) {
    const node = index.producer(tensor);
    // Skip normalisations write the sum beside what the attention reads.
    if (tensor === earlier || (node && node === producer)) return true;
    if (!node || index.order(node) < first) continue;
    for (const input of node.inputs) if (labels.isHiddenOrPast(input)) seen.add(input);
  }
  return false;
}

function flag(node: Node, name: string): boolean {
  return (node.attributes.get(name)?.int ?? 0) !== 0;
}
