import type { Node } from '../../file/types';
import { peelScale } from '../../find/scaling';
import type { Analysis } from '../../graph/analysis';
import { ROOT, type Dominators } from '../../graph/dominators';
import { isSkipNormalization } from '../../graph/operatorKinds';
import { canonical } from '../../graph/origin';
import type { FoundSite } from '../../graph/site';
import { isExactMixer, isPartOfMixer, type Block } from '../blocks';
import type { FusedAddition, PointTensor } from './point';

/** Sums inside a sum, at most. */
const MOST_SUMS = 4;

/** What a block adds to the residual stream. */
export interface Added {
  /** What each attention adds; undefined where it cannot be told from other terms. */
  readonly bySite: ReadonlyMap<FoundSite, PointTensor>;
  /** What no attention leads to: feed-forward networks and experts. */
  readonly others: readonly PointTensor[];
}

/**
 * Takes the sum that ends a block apart: the stream itself, what its attentions lead to, and the rest.
 * Undefined where the sum does not show them.
 */
function addedBy(analysis: Analysis, dominators: Dominators, block: Block): Added | undefined {
  return new BlockSum(analysis, dominators, block).added();
}

/** Where the bias of what a fused node adds is among its inputs. */
export function biasInput({ operator }: Pick<Node, 'operator'>): number {
  return operator === 'SkipLayerNormalization' ? 4 : 3;
}

/** What the blocks of one layer add; undefined where one of them does not show it, or there is none. */
export function addedByLayer(
  analysis: Analysis,
  dominators: Dominators,
  blocks: readonly Block[],
): Added | undefined {
  const isAttending = blocks.some(({ self }) => self.length > 0);
  const all = blocks.map(block => {
    const added = addedBy(analysis, dominators, block);
    const { mixes } = block;
    // What mixes tokens instead of an attention, or beside one, is no feed-forward network.
    const isMixer =
      mixes !== undefined && (!isAttending || isPartOfMixer(mixes) || isExactMixer(mixes));
    return added && isMixer ? { ...added, others: [] } : added;
  });
  if (all.length === 0 || all.includes(undefined)) return undefined;
  return {
    bySite: new Map(all.flatMap(added => [...(added?.bySite ?? [])])),
    others: all.flatMap(added => added?.others ?? []),
  };
}

class BlockSum {
  readonly #sites: readonly FoundSite[];

  constructor(
    private readonly analysis: Analysis,
    private readonly dominators: Dominators,
    private readonly block: Block,
  ) {
    this.#sites = [...block.self, ...block.cross];
  }

  added(): Added | undefined {
    const node = this.analysis.index.nodes[this.block.add];
    if (!node) return undefined;
    const terms = isSkipNormalization(node.operator) ? this.#fused(node) : this.#terms(node, 0);
    if (!terms || terms.length === 0) return undefined;
    const bySite = new Map<FoundSite, PointTensor>();
    const others: PointTensor[] = [];
    for (const term of terms) {
      const [site, another] = this.#sitesIn(graphTensor(term));
      if (another || (site && bySite.has(site))) return undefined;
      if (site) bySite.set(site, term);
      else others.push(term);
    }
    return { bySite, others };
  }

  /** The terms of a fused addition: two, of which one is the stream. */
  #fused(node: Node): readonly PointTensor[] | undefined {
    const isStream = [0, 1].map(i => this.#isStream(node.inputs[i] ?? ''));
    if (isStream[0] === isStream[1]) return undefined;
    const branch = isStream[0] ? 1 : 0;
    const tensor = node.inputs[branch] ?? '';
    if (!node.inputs[biasInput(node)]) return this.#opened(tensor, 0);
    // The bias is a part of what is added, which is a tensor only once the node is taken apart.
    return [{ tensor: biasedName(tensor), layout: { kind: 'plain' }, fused: { node, branch } }];
  }

  /** The terms of a sum without the stream; undefined where the stream is not one of them, as it is. */
  #terms(node: Node, depth: number): readonly PointTensor[] | undefined {
    const hidden = node.inputs.filter(input => this.analysis.labels.isHidden(input));
    // A bias that is added to the sum of all belongs to one of its terms, and nothing says to which.
    if (hidden.length < node.inputs.length) return undefined;
    const streams = hidden.filter(input => this.#holdsStream(input, 0));
    const [stream] = streams;
    if (stream === undefined || streams.length > 1) return undefined;
    const rest = hidden.filter(input => input !== stream).flatMap(term => this.#opened(term, 0));
    if (this.#isStream(stream)) return rest;
    const inner = this.#sum(stream);
    const more = inner && depth < MOST_SUMS ? this.#terms(inner, depth + 1) : undefined;
    return more && [...more, ...rest];
  }

  /** A term, taken apart where an attention leads to one of its own terms and not to another. */
  #opened(tensor: string, depth: number): readonly PointTensor[] {
    const whole = [{ tensor, layout: { kind: 'plain' } }] as const;
    const sum = depth < MOST_SUMS ? this.#sum(tensor) : undefined;
    if (!sum || this.#sitesIn(tensor).length === 0) return whole;
    const isMixed = sum.inputs.some(input => {
      return this.analysis.labels.isHidden(input) && this.#sitesIn(input).length === 0;
    });
    const isAllHidden = sum.inputs.every(input => this.analysis.labels.isHidden(input));
    const isParted = isMixed || this.#sitesIn(tensor).length > 1;
    if (!isParted || !isAllHidden) return whole;
    return sum.inputs.flatMap(input => this.#opened(input, depth + 1));
  }

  /** The sum that a tensor is, cast or reshaped at most. */
  #sum(tensor: string): Node | undefined {
    const node = this.analysis.index.producer(canonical(this.analysis, tensor));
    const isSum = node?.operator === 'Add' || node?.operator === 'Sum';
    return isSum && this.analysis.index.order(node) !== this.block.start ? node : undefined;
  }

  #holdsStream(tensor: string, depth: number): boolean {
    if (this.#isStream(tensor)) return true;
    const sum = depth < MOST_SUMS ? this.#sum(tensor) : undefined;
    return sum?.inputs.some(input => this.#holdsStream(input, depth + 1)) ?? false;
  }

  /** Whether a tensor is the stream before the block, perhaps cast, reshaped or multiplied with a number. */
  #isStream(tensor: string): boolean {
    const { analysis, block } = this;
    const plain = canonical(analysis, tensor);
    const peeled = canonical(analysis, peelScale(analysis, plain).tensor);
    return [tensor, plain, peeled].some(name => {
      const producer = analysis.index.producer(name);
      const position = producer ? analysis.index.order(producer) : ROOT;
      return analysis.labels.isHidden(name) && position === block.start;
    });
  }

  /** Attentions of the block that lead to a tensor. */
  #sitesIn(tensor: string): readonly FoundSite[] {
    const { analysis, dominators, block } = this;
    const producer = analysis.index.producer(tensor);
    if (!producer || analysis.index.order(producer) === block.start) return [];
    const inside = dominators.between(block.start, analysis.index.order(producer));
    return this.#sites.filter(({ end }) => inside.has(analysis.index.order(end)));
  }
}

/** The graph's own tensor that a point's numbers come from: what is added, without its bias. */
export function graphTensor({ tensor, fused }: PointTensor): string {
  const isAdded = fused && tensor !== fused.node.outputs[3];
  return isAdded ? (fused.node.inputs[fused.branch] ?? '') : tensor;
}

/** What the addition of a fused node is called once it is taken apart: with its bias. */
export function biasedName(tensor: string): string {
  return `${tensor}/biased`;
}

/** The stream as a fused node gives it out beside its normalisation. */
export function fusedStream(node: Node): { tensor: string; fused: FusedAddition } | undefined {
  const [, , , tensor] = node.outputs;
  return isSkipNormalization(node.operator) && tensor
    ? { tensor, fused: { node, branch: 1 } }
    : undefined;
}
