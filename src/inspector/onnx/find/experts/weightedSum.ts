import type { Node } from '../../file/types';
import type { Analysis } from '../../graph/analysis';
import { products, projections } from '../../graph/operatorKinds';
import type { Lineage } from './lineage';

/** Hand the numbers of their first input on, each as it is. */
const carrying = new Set([
  'Cast',
  'CastLike',
  'Dropout',
  'Expand',
  'Flatten',
  'Gather',
  'GatherElements',
  'GatherND',
  'Identity',
  'Neg',
  'Pad',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
]);
/** Of those, what leaves the shape as it is. */
const renaming = new Set(['Cast', 'CastLike', 'Dropout', 'Identity', 'Neg']);
const shapes = new Set(['Shape', 'Size']);
const sums = new Set(['Add', 'Sum', 'Sub']);
const scatters = new Set(['ScatterElements', 'ScatterND']);

/** What a tensor that depends on the weights holds. */
interface Part {
  /** Weights alone, or weights times something of the text. */
  readonly kind: 'weights' | 'weighted';
  /** Several of them were added up. */
  readonly isSummed: boolean;
  /** Each weight was given a place of its own, to multiply a whole vector. */
  readonly isSpread: boolean;
}

/**
 * Follows weights to where everything that they multiply is one sum, and makes sure that the sum is
 * proportional to them: Σ weight · expert. Operators say so, not numbers, as weights that are normalised
 * afterwards give the same numbers at another scale.
 * @param mayMix a product with the weights is one of experts, not of tokens
 * @returns undefined where they weight nothing of the text, or why what they weight is no such sum
 */
export function weightedSum(
  analysis: Analysis,
  lineage: Lineage,
  weights: string,
  mayMix: boolean,
): 'sum' | { readonly fault: string } | undefined {
  const { index } = analysis;
  const parts = new Map<string, Part>([
    [weights, { kind: 'weights', isSummed: false, isSpread: false }],
  ]);
  const readers = (tensor: string) =>
    index.consumers(tensor).filter(({ operator }) => !shapes.has(operator));
  const waiting = new Map(readers(weights).length ? [[weights, readers(weights).length]] : []);
  const producer = index.producer(weights);
  for (const node of index.nodes.slice(producer ? index.order(producer) + 1 : 0)) {
    const mine = [...new Set(node.inputs)].filter(input => waiting.has(input));
    if (mine.length === 0 || shapes.has(node.operator)) continue;
    if (isWhole(analysis, node, waiting, parts)) return 'sum';
    const part = partOf(analysis, lineage, node, parts, mayMix);
    if (typeof part === 'string') {
      const isWeighted = [...parts.values()].some(({ kind }) => kind === 'weighted');
      return isWeighted ? { fault: part } : undefined;
    }
    for (const input of mine) {
      const left = (waiting.get(input) ?? 1) - 1;
      if (left > 0) waiting.set(input, left);
      else waiting.delete(input);
    }
    for (const output of node.outputs.filter(Boolean)) {
      parts.set(output, part);
      const count = readers(output).length;
      if (count > 0) waiting.set(output, count);
    }
  }
  return undefined;
}

/** Whether one tensor holds all that the weights multiply, added up, when a node is about to read it. */
function isWhole(
  { labels }: Analysis,
  node: Node,
  waiting: ReadonlyMap<string, number>,
  parts: ReadonlyMap<string, Part>,
): boolean {
  const [only] = waiting.keys();
  const part = parts.get(only ?? '');
  if (waiting.size !== 1 || part?.kind !== 'weighted') return false;
  const joins = sums.has(node.operator) && node.inputs.some(input => !parts.has(input));
  return part.isSummed || (joins && node.inputs.some(input => labels.isHidden(input)));
}

/** What a node makes of the weights, or why that is not proportional to them. */
function partOf(
  { labels }: Analysis,
  lineage: Lineage,
  node: Node,
  parts: ReadonlyMap<string, Part>,
  mayMix: boolean,
): Part | string {
  const { operator, inputs } = node;
  const mine = inputs.flatMap(input => parts.get(input) ?? []);
  const [first] = mine;
  const others = inputs.filter(input => input && !parts.has(input));
  const ofText = others.some(input => labels.isHidden(input) && !lineage.has(input));
  const name = node.domain ? `${node.domain}.${operator}` : operator;
  if (!first) return `what its weights multiply enters a subgraph of ${name}`;
  const isAlone = mine.length === 1;
  const isFirst = parts.has(inputs[0] ?? '');
  if (carrying.has(operator) && isAlone && isFirst) {
    return { ...first, isSpread: first.isSpread || !renaming.has(operator) };
  }
  if (operator === 'Concat' || scatters.has(operator) || operator === 'Where') {
    const conditional = operator === 'Where' && parts.has(inputs[0] ?? '');
    const indexed = scatters.has(operator) && parts.has(inputs[1] ?? '');
    if (!conditional && !indexed && sameKind(mine)) {
      return { ...first, isSummed: first.isSummed || mine.length > 1, isSpread: true };
    }
  }
  if (operator === 'ReduceSum' && isFirst) {
    return { ...first, isSummed: first.isSummed || first.kind === 'weighted', isSpread: true };
  }
  if (sums.has(operator) && sameKind(mine)) {
    const shifted = first.kind === 'weights' && others.length > 0;
    if (!shifted) return { ...first, isSummed: first.isSummed || !isAlone };
  }
  if ((operator === 'Mul' || (operator === 'Div' && isFirst)) && isAlone) {
    if (!ofText) return first;
    if (first.isSpread) return { ...first, kind: 'weighted' };
    return `its weights multiply what the text is, number by number, in ${name}`;
  }
  if ((products.has(operator) || projections.has(operator)) && isAlone) {
    if (!ofText) return first;
    if (mayMix) return { ...first, kind: 'weighted', isSummed: true };
  }
  return `what its weights multiply goes through ${name} before it is summed`;
}

function sameKind(parts: readonly Part[]): boolean {
  return new Set(parts.map(({ kind }) => kind)).size === 1;
}
