import type { Node } from '../file/types';
import { isProduct } from '../find/product';
import type { Analysis } from '../graph/analysis';
import { ROOT, type Dominators } from '../graph/dominators';
import { isProjection } from '../graph/origin';
import type { FoundSite } from '../graph/site';

/** What one addition to the residual stream brings in. */
export interface Block {
  /** The node that adds, by its position. */
  readonly add: number;
  /** The node whose tensor is the residual stream before, by its position. */
  readonly start: number;
  readonly self: readonly FoundSite[];
  readonly cross: readonly FoundSite[];
  /** How tokens meet in it without attention; undefined where each is treated by itself. */
  readonly mixes?: string;
}

/** Operators by which tokens meet, and what they are called. */
const mixers: Readonly<Record<string, string>> = {
  AveragePool: 'pooling',
  CausalConvWithState: 'convolution',
  Conv: 'convolution',
  ConvTranspose: 'convolution',
  CumSum: 'a cumulative sum',
  DFT: 'a Fourier transform',
  FusedConv: 'convolution',
  GatedDeltaNet: 'gated delta net',
  GRU: 'recurrence',
  LSTM: 'recurrence',
  Loop: 'recurrence',
  LpPool: 'pooling',
  MaxPool: 'pooling',
  RNN: 'recurrence',
  Scan: 'recurrence',
};

/** What `LinearAttention` is by its rule for the state (Yang et al. 2024, table 4). */
const linearAttentions: Readonly<Record<string, string>> = {
  delta: 'delta net',
  gated: 'gated linear attention',
  gated_delta: 'gated delta net',
  linear: 'linear attention',
};
const exact = new Set([...Object.values(linearAttentions), 'recurrence']);

/** Whether the graph itself says what mixes the tokens of a layer, by an operator that does nothing else. */
export function isExactMixer(mixes: string): boolean {
  return exact.has(mixes);
}

/** Whether a name says what a layer begins with, or is made with, rather than what it is. */
export function isPartOfMixer(mixes: string): boolean {
  return !exact.has(mixes) && Object.values(mixers).includes(mixes);
}

/**
 * The blocks of one stack in the order of computation.
 * @param adds positions of the nodes that add to the residual stream
 * @param routers what chooses experts, whose weights meet tokens in products
 */
export function blocksOf(
  analysis: Analysis,
  dominators: Dominators,
  adds: readonly number[],
  sites: readonly FoundSite[],
  routers: readonly Node[] = [],
): readonly Block[] {
  const { index } = analysis;
  const left = new Set(sites);
  return adds.map((add): Block => {
    const start = dominators.immediate(add);
    const inside = dominators.between(start, add);
    // What skips a block leads back into it; a site belongs where it is first.
    const mine = [...left].filter(({ end }) => inside.has(index.order(end)));
    for (const site of mine) left.delete(site);
    const hasExperts = routers.some(node => inside.has(index.order(node)));
    const mixes = mine.length ? undefined : mixing(analysis, inside, hasExperts);
    return {
      add,
      start,
      self: mine.filter(({ isCross }) => !isCross),
      cross: mine.filter(({ isCross }) => isCross),
      ...(mixes === undefined ? {} : { mixes }),
    };
  });
}

/**
 * The additions to a residual stream that layers make, in the order of computation. Where an addition brings
 * back the stream from before several attentions (skips as in a U-Net, the embeddings added to every layer,
 * sums of all layers), what it skips is taken apart instead.
 * @param chain positions that every path to the end of the stack passes
 * @param isAddition whether a node adds something to what dominates it
 */
export function additions(
  { index, labels }: Analysis,
  dominators: Dominators,
  sites: readonly FoundSite[],
  chain: readonly number[],
  isAddition: (position: number) => boolean,
): readonly number[] {
  const ends = sites.filter(({ isCross }) => !isCross).map(({ end }) => index.order(end));
  const attentionsIn = (position: number) => {
    const inside = dominators.between(dominators.immediate(position), position);
    return ends.filter(end => inside.has(end));
  };
  const apart = (position: number): readonly number[] => {
    const attentions = attentionsIn(position);
    if (attentions.length < 2) return [position];
    const start = dominators.depth(dominators.immediate(position));
    const branches = (index.nodes[position]?.inputs ?? []).map(input => {
      const producer = labels.isHidden(input) ? index.producer(input) : undefined;
      return dominators
        .chain(producer ? index.order(producer) : ROOT)
        .filter(inner => dominators.depth(inner) > start && isAddition(inner))
        .flatMap(apart);
    });
    const placed = branches.map(branch => new Set(branch.flatMap(attentionsIn)));
    const most = Math.max(...placed.map(({ size }) => size));
    const inner = branches[placed.findIndex(({ size }) => size === most)] ?? [];
    return most === attentions.length ? inner : [...inner, position];
  };
  return chain.filter(isAddition).flatMap(apart);
}

function mixing(
  analysis: Analysis,
  inside: ReadonlySet<number>,
  hasExperts: boolean,
): string | undefined {
  const nodes = [...inside].flatMap(position => analysis.index.nodes[position] ?? []);
  const all = nodes.map(node => mixerName(node)).filter(name => name !== undefined);
  // Such layers begin with a short convolution.
  const named = all.find(isExactMixer) ?? all[0];
  if (named !== undefined) return named;
  if (!hasExperts && nodes.some(node => isProduct(analysis, node))) {
    const operators = new Set(nodes.map(({ operator }) => operator));
    if (operators.has('Sigmoid')) return 'attention with a sigmoid instead of a softmax';
    return 'products of tokens without a softmax';
  }
  // Weights on the left of a product mix the rows: the tokens.
  const mixesRows = nodes.some(
    node =>
      node.operator === 'MatMul' &&
      isProjection(analysis, node) &&
      !analysis.labels.isHidden(node.inputs[0]),
  );
  if (mixesRows) return 'a product along the text';
  return nodes.some(node => shiftsText(analysis, node)) ? 'a shift along the text' : undefined;
}

/** Whether a node moves rows of `[batch, tokens, width]`: what it puts beside them stands along the text. */
function shiftsText({ constants, labels }: Analysis, node: Node): boolean {
  if (!labels.isHidden(node.inputs.find(input => labels.isHidden(input)))) return false;
  const axis = node.attributes.get('axis')?.int;
  if (node.operator === 'Concat') return axis === 1 || axis === -2;
  if (node.operator !== 'Pad') return false;
  const pads = node.attributes.get('pads')?.ints ?? constants.of(node.inputs[1])?.values ?? [];
  return pads.length === 6 && (pads[1] !== 0 || pads[4] !== 0);
}

function mixerName({ operator, attributes }: Node): string | undefined {
  const kernel = attributes.get('kernel_shape')?.ints;
  const isPointwise = kernel !== undefined && kernel.every(size => size === 1);
  if (operator === 'LinearAttention') {
    return (
      linearAttentions[attributes.get('update_rule')?.string ?? 'gated_delta'] ?? 'linear attention'
    );
  }
  return isPointwise ? undefined : mixers[operator];
}
