import type { Analysis } from './analysis';
import { transparent } from './operatorKinds';
import { isProduct } from './product';
import { scalarFactor } from './scaling';
import type { Factor } from './site';
import type { Node } from './types';

/** One node between q·k and the softmax. */
export interface Step {
  readonly node: Node;
  /** The input through which the scores come. */
  readonly input: string;
  readonly output: string;
}

/** The way from a product to the softmax, in the order of execution. */
export interface ScorePath {
  readonly product: Node;
  readonly steps: readonly Step[];
}

/** Paths longer than this lead somewhere else than to q·k. */
const maximumLength = 24;

/** All products whose result reaches `softmaxInput` through nodes that keep it recognisable, nearest first. */
export function scorePaths(analysis: Analysis, softmaxInput: string): ScorePath[] {
  const found: ScorePath[] = [];
  const seen = new Set([softmaxInput]);
  let frontier: { tensor: string; steps: readonly Step[] }[] = [
    { tensor: softmaxInput, steps: [] },
  ];
  for (let length = 0; length < maximumLength && frontier.length; length++) {
    const next: typeof frontier = [];
    for (const { tensor, steps } of frontier) {
      const node = analysis.index.producer(tensor);
      if (!node) continue;
      if (isProduct(analysis, node)) found.push({ product: node, steps });
      else if (transparent.has(node.operator)) {
        for (const input of node.inputs) {
          if (!analysis.labels.isHidden(input) || seen.has(input)) continue;
          seen.add(input);
          next.push({ tensor: input, steps: [{ node, input, output: tensor }, ...steps] });
        }
      }
    }
    frontier = next;
  }
  return found;
}

/** What happens to the scores on their way to the softmax. */
export interface ScoreTreatment {
  readonly factors: readonly Factor[];
  /** The scores: q·k × scale, before anything else. */
  readonly scaled: string;
  readonly softCap?: number;
  /** Other tensors that enter by addition or selection: masks and position biases. */
  readonly biases: readonly string[];
  /** One of them depends on the text, as in DeBERTa. */
  readonly hasContentBias: boolean;
}

const combining = new Set(['Add', 'Max', 'Min', 'Mul', 'Sub', 'Sum', 'Where']);
const sameShape = new Set([
  'Cast',
  'CastLike',
  'DequantizeLinear',
  'Dropout',
  'Identity',
  'QuantizeLinear',
]);

/** Splits the path into the scale, the soft-cap and the biases. */
export function treatment(analysis: Analysis, path: ScorePath): ScoreTreatment {
  let rest = path.steps;
  let scaled = path.product.outputs[0] ?? '';
  const factors: Factor[] = [];
  const cap = softCap(analysis, path.steps);
  for (const [i, step] of path.steps.entries()) {
    const factor = i === cap?.division ? undefined : scalarFactor(analysis, step.node, step.input);
    if (!factor && !isReshape(step.node)) break;
    if (factor) {
      factors.push(factor);
      scaled = step.output;
      rest = path.steps.slice(i + 1);
    }
  }
  const others = rest
    .filter(({ node }) => combining.has(node.operator))
    .flatMap(({ node, input }) => node.inputs.filter(name => name && name !== input))
    .filter(name => analysis.constants.scalar(name) === undefined);
  return {
    factors,
    scaled,
    ...(cap ? { softCap: cap.value } : {}),
    biases: others.filter(name => !analysis.labels.isHidden(name)),
    hasContentBias: others.some(name => analysis.labels.isHidden(name)),
  };
}

/** `tanh(scores / cap) × cap`: the value, and which step divides by it. */
function softCap(
  analysis: Analysis,
  steps: readonly Step[],
): { readonly value: number; readonly division: number } | undefined {
  const tanh = steps.findIndex(({ node }) => node.operator === 'Tanh');
  const before = steps.slice(0, tanh).findLastIndex(({ node }) => !sameShape.has(node.operator));
  const after = steps.slice(tanh + 1).find(({ node }) => !sameShape.has(node.operator));
  const division = steps[before];
  if (tanh < 0 || !division || !after) return undefined;
  const divided = scalarFactor(analysis, division.node, division.input);
  const multiplied = scalarFactor(analysis, after.node, after.input);
  if (!divided || !multiplied || !('constant' in divided) || !('constant' in multiplied))
    return undefined;
  const value = multiplied.constant;
  return Math.abs(divided.constant * value - 1) < 1e-3 ? { value, division: before } : undefined;
}

function isReshape({ operator }: Node): boolean {
  return sameShape.has(operator) || ['Reshape', 'Squeeze', 'Unsqueeze'].includes(operator);
}
