import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { transparent } from '../graph/operatorKinds';
import type { Factor, ScoreRounding } from '../graph/site';
import { isProduct } from './product';
import { coarser, roundingOf, timesFactor } from './scoreRounding';
import { scalarFactor } from './scaling';

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
  /** The scores before anything is added: q·k × the factors until then. */
  readonly scaled: string;
  /** The product of the factors that `scaled` lacks: NaN where one is not known, 1 where none does. */
  readonly later: number;
  /** The softmax reads the product turned over: (k · qᵀ)ᵀ. */
  readonly isTurned: boolean;
  /** `scaled` is turned the other way than what the softmax reads. */
  readonly isScaledTurned: boolean;
  readonly softCap?: number;
  /** Where the scores are rounded to few numbers on the way. */
  readonly rounding?: ScoreRounding;
  /** Other tensors that enter by addition or selection: masks and position biases. */
  readonly biases: readonly string[];
  /** Tensors that are added and depend on the text, as in DeBERTa. */
  readonly contentBiases: readonly string[];
  /** A tensor that depends on the text and enters in another way than by addition. */
  readonly contentFactor?: string;
}

const combining = new Set(['Add', 'Max', 'Min', 'Mul', 'Sub', 'Sum', 'Where']);
const sums = new Set(['Add', 'Sub', 'Sum']);
const sameShape = new Set([
  'Cast',
  'CastLike',
  'DequantizeLinear',
  'Dropout',
  'Identity',
  'QuantizeLinear',
]);

/** Splits the path into the scale, the soft-cap and what is added. */
export function treatment(analysis: Analysis, path: ScorePath): ScoreTreatment {
  const { constants, labels } = analysis;
  let scaled = path.product.outputs[0] ?? '';
  const factors: Factor[] = [];
  const others: string[] = [];
  let later = 1;
  let contentFactor: string | undefined;
  let rounding: ScoreRounding | undefined;
  let isMixed = false;
  let isTurned = false;
  let isTurnedAtScaled = false;
  const cap = softCap(analysis, path.steps);
  for (const [i, { node, input, output }] of path.steps.entries()) {
    if (i === cap?.division || i === cap?.multiplication) {
      if (i === cap.division && cap.scale !== 1) {
        factors.push({ constant: cap.scale });
        later *= cap.scale;
      }
      isMixed = true;
      continue;
    }
    const factor = scalarFactor(analysis, node, input);
    if (factor) {
      factors.push(factor);
      const by = 'constant' in factor ? factor.constant : NaN;
      if (isMixed) later *= by;
      if (rounding) rounding = timesFactor(rounding, by);
    } else if (node.operator === 'Transpose' && turns(node)) isTurned = !isTurned;
    // What is rounded to bytes is q·k no more: the scores are those before.
    else if (node.operator === 'QuantizeLinear') {
      isMixed = true;
      rounding = coarser(rounding, roundingOf(analysis, node));
    } else if (!isReshape(node)) {
      isMixed = true;
      if (combining.has(node.operator)) {
        const entering = node.inputs.filter(name => name && name !== input);
        others.push(...entering);
        if (!sums.has(node.operator)) {
          contentFactor ??= entering.find(name => labels.isHidden(name));
        }
      }
    }
    if (isMixed || isReshape(node)) continue;
    scaled = output;
    isTurnedAtScaled = isTurned;
  }
  const added = others.filter(name => constants.scalar(name) === undefined);
  return {
    factors,
    scaled,
    later,
    isTurned,
    isScaledTurned: isTurned !== isTurnedAtScaled,
    ...(cap ? { softCap: cap.value } : {}),
    ...(rounding ? { rounding } : {}),
    biases: added.filter(name => !labels.isHidden(name)),
    contentBiases: added.filter(name => labels.isHidden(name)),
    ...(contentFactor === undefined ? {} : { contentFactor }),
  };
}

/** Whether a `Transpose` changes rows and columns and nothing else. */
function turns(node: Node): boolean {
  const order = node.attributes.get('perm')?.ints ?? [];
  const rank = order.length;
  return (
    rank >= 2 &&
    order.every(
      (from, to) => from === (to === rank - 1 ? rank - 2 : to === rank - 2 ? rank - 1 : to),
    )
  );
}

/** A soft cap, `tanh(scores / cap) × cap`, and which steps divide and multiply by it. */
interface SoftCap {
  readonly value: number;
  readonly division: number;
  readonly multiplication: number;
  /** What the division does beside: exporters fold a scale into it. */
  readonly scale: number;
}

function softCap(analysis: Analysis, steps: readonly Step[]): SoftCap | undefined {
  const isKept = ({ node }: Step) => sameShape.has(node.operator);
  const tanh = steps.findIndex(({ node }) => node.operator === 'Tanh');
  const division = steps.slice(0, Math.max(0, tanh)).findLastIndex(step => !isKept(step));
  const multiplication = steps.findIndex((step, i) => i > tanh && !isKept(step));
  const before = steps[division];
  const after = steps[multiplication];
  if (tanh < 0 || !before || !after) return undefined;
  const divided = scalarFactor(analysis, before.node, before.input);
  const multiplied = scalarFactor(analysis, after.node, after.input);
  if (!divided || !multiplied || !('constant' in divided) || !('constant' in multiplied)) {
    return undefined;
  }
  const value = multiplied.constant;
  const scale = divided.constant * value;
  return { value, division, multiplication, scale: Math.abs(scale - 1) < 1e-3 ? 1 : scale };
}

function isReshape({ operator }: Node): boolean {
  return sameShape.has(operator) || ['Reshape', 'Squeeze', 'Unsqueeze'].includes(operator);
}
