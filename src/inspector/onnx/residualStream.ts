import { EACH_BY_ITSELF } from '../../protocol/model';
import type { Analysis } from './analysis';
import { additions, blocksOf, type Block } from './blocks';
import { Dominators, ROOT } from './dominators';
import type { GraphIndex } from './graphIndex';
import { numberLayers, type LayerNumbers, type LayerPlan } from './layers';
import { isSkipNormalization } from './operatorKinds';
import { canonical, isProjection } from './origin';
import { peelScale } from './scaling';
import { withoutShortcuts } from './shortcuts';
import type { FoundSite } from './site';
import { ElementType, type Node, type ValueInfo } from './types';

/** One stack of layers: its attention in the order of computation, and its residual stream. */
export interface Stream {
  readonly isEncoderOfAnother: boolean;
  readonly sites: readonly FoundSite[];
  /** Layer of each site by the model's own count. */
  readonly layerOf: ReadonlyMap<FoundSite, number>;
  /** Layers in all, with and without attention. */
  readonly layers: number;
  /** Layers without self-attention, and what they do instead. */
  readonly without: readonly { readonly layer: number; readonly instead: string }[];
  /** What does not agree about the layers, for people. */
  readonly note?: string;
  /** Residual stream before each layer; undefined where it has no tensor of its own. */
  readonly beforeLayers: readonly (string | undefined)[];
  /** Residual stream after the last layer. */
  readonly residual?: string;
  /** What the output head reads: the residual after the final normalisation. */
  readonly normed?: string;
}

export interface Streams {
  readonly streams: readonly Stream[];
  /** The output that the whole model leads to, or the scores that an output of ids is chosen by. */
  readonly output?: string;
  /** Whether that output is computed from the last hidden state by a projection. */
  readonly hasHead: boolean;
  /** Skip normalisations that must give out their sum `[3]` under this name. */
  readonly exposedSums: ReadonlyMap<Node, string>;
}

/** What a configuration says of the layers of each stack. */
export interface LayerPlans {
  /** Of a stack whose states another one reads. */
  readonly encoder: LayerPlan;
  readonly main: LayerPlan;
}

/**
 * Finds the residual stream of each stack, what every path from one layer to the next must pass, and
 * numbers the layers.
 */
export function findStreams(
  analysis: Analysis,
  sites: readonly FoundSite[],
  plans: LayerPlans,
): Streams {
  const { index } = analysis;
  const dominators = withoutShortcuts(analysis, sites);
  const output = mainOutput(analysis, dominators, sites);
  const end = index.producer(output?.name);
  const memory = [...(sites.find(site => site.isCross)?.key.sources ?? [])][0];
  const memoryNode = index.producer(memory);

  const exposedSums = new Map<Node, string>();
  const taken = new Set<FoundSite>();
  const streams: Stream[] = [];
  const walk = (node: Node | undefined, isEncoderOfAnother: boolean) => {
    if (!node) return false;
    const reached = dominators.ancestors(index.order(node));
    const mine = sites.filter(site => !taken.has(site) && reached.has(index.order(site.end)));
    for (const site of mine) taken.add(site);
    const end = index.order(node);
    const plan = isEncoderOfAnother ? plans.encoder : plans.main;
    const stream = new StreamWalk(analysis, dominators, mine, end, exposedSums, plan);
    streams.push(stream.result(isEncoderOfAnother));
    return stream.hasHead;
  };
  walk(memoryNode, true);
  const hasHead = walk(end, false);
  return { streams, ...(output ? { output: output.name } : {}), hasHead, exposedSums };
}

/** The output that depends on most sites; of several, one shaped like logits or hidden states. */
function mainOutput(
  { index, labels, constants }: Analysis,
  dominators: Dominators,
  sites: readonly FoundSite[],
): ValueInfo | undefined {
  const vocabularies = new Set(
    index.nodes
      .filter(node => node.operator === 'Gather')
      .map(node => constants.of(node.inputs[0])?.dims)
      .map(dims => (dims?.length === 2 ? dims[0] : undefined)),
  );
  const candidates = index.graph.outputs.flatMap(declared => {
    const output = behindIds(index, labels, declared);
    const node = output && index.producer(output.name);
    if (!node) return [];
    const reached = dominators.ancestors(index.order(node));
    const count = sites.filter(site => reached.has(index.order(site.end))).length;
    const last = output.dims?.at(-1);
    const shape =
      (output.dims?.length === 3 ? 2 : 0) +
      (last !== undefined && vocabularies.has(Number(last)) ? 1 : 0);
    return [{ output, count, shape }];
  });
  candidates.sort((a, b) => b.count - a.count || b.shape - a.shape);
  return candidates[0]?.output;
}

/** Sums inside a sum, at most. */
const MOST_SUMS = 4;

/** Blocks of a stack that adds nothing to a stream: each self-attention is one, cross follows it. */
function withoutResidual(sites: readonly FoundSite[]): readonly Block[] {
  return sites.map(site => ({
    add: ROOT,
    start: ROOT,
    self: site.isCross ? [] : [site],
    cross: site.isCross ? [site] : [],
  }));
}

/** From scores to what a model tells of them is fewer nodes than this. */
const MOST_AFTER_SCORES = 8;

/** What an output is of: itself, or of a model that puts out ids or flags, the scores that they come from. */
function behindIds(
  index: GraphIndex,
  labels: Analysis['labels'],
  output: ValueInfo,
): ValueInfo | undefined {
  const seen = new Set([output.name]);
  for (const name of seen) {
    if (labels.isHidden(name)) {
      return name === output.name ? output : { name, elementType: ElementType.undefined };
    }
    if (seen.size > MOST_AFTER_SCORES) return undefined;
    for (const input of index.producer(name)?.inputs ?? []) if (input) seen.add(input);
  }
  return undefined;
}

/** Follows one stack along the dominators of its end. */
class StreamWalk {
  readonly #chain: readonly number[];
  readonly #blocks: readonly Block[];
  readonly #numbers: LayerNumbers;
  /** Where each layer begins, as positions of nodes; undefined where nothing tells. */
  readonly #entries: readonly (number | undefined)[];
  readonly #lastAdd: number;
  readonly #head: number;

  constructor(
    private readonly analysis: Analysis,
    private readonly dominators: Dominators,
    private readonly sites: readonly FoundSite[],
    private readonly end: number,
    private readonly exposedSums: Map<Node, string>,
    plan: LayerPlan,
  ) {
    const { index } = analysis;
    this.#chain = dominators.chain(end);
    const adds = additions(analysis, dominators, sites, this.#chain, position =>
      this.#isResidualAdd(position),
    );
    const blocks = blocksOf(analysis, dominators, adds, sites);
    const areAllPlaced = sites.every(site =>
      blocks.some(({ self, cross }) => self.includes(site) || cross.includes(site)),
    );
    const isOneEach = blocks.every(({ self }) => self.length < 2);
    this.#blocks = areAllPlaced && isOneEach ? blocks : withoutResidual(sites);
    this.#numbers = numberLayers(this.#blocks, plan);
    const entries = Array.from({ length: this.#numbers.count }, (_, layer) => this.#entry(layer));
    // Two layers do not begin at one place: where that is not known, it is not shown.
    this.#entries = entries.map((entry, i) => (entries.indexOf(entry) === i ? entry : undefined));
    const lastEntry = this.#chain.indexOf(this.#entries.at(-1) ?? ROOT);
    this.#lastAdd = this.#chain.findLastIndex(
      (position, i) => i > lastEntry && this.#isResidualAdd(position),
    );
    const searchFrom = Math.max(this.#lastAdd, lastEntry) + 1;
    this.#head = this.#chain.findIndex((position, i) => {
      const node = index.nodes[position];
      return i >= searchFrom && node !== undefined && this.#isProjected(node);
    });
  }

  get hasHead(): boolean {
    return this.#head >= 0;
  }

  result(isEncoderOfAnother: boolean): Stream {
    const residual = this.#residual();
    const normed = this.#normed();
    const { ofBlock, count, note } = this.#numbers;
    const layerOf = new Map(
      this.#blocks.flatMap(({ self, cross }, i) =>
        [...self, ...cross].map(site => [site, ofBlock[i] ?? 0] as const),
      ),
    );
    return {
      isEncoderOfAnother,
      sites: this.sites,
      layerOf,
      layers: count,
      without: this.#without(),
      ...(note === undefined ? {} : { note }),
      beforeLayers: this.#entries.map(position =>
        position === undefined ? undefined : this.#tensorOf(position),
      ),
      ...(residual ? { residual } : {}),
      ...(normed ? { normed } : {}),
    };
  }

  #blocksOf(layer: number): readonly Block[] {
    return this.#blocks.filter((_, i) => this.#numbers.ofBlock[i] === layer);
  }

  /** Where a layer begins: before what its queries are projected from, or before its first block. */
  #entry(layer: number): number | undefined {
    const { analysis, dominators } = this;
    const blocks = this.#blocksOf(layer);
    const site = blocks.flatMap(({ self }) => self)[0];
    if (!site) return blocks[0]?.start;
    const producer = analysis.index.producer(site.queryTensor);
    const entry = dominators.common(producer ? analysis.index.order(producer) : ROOT, this.end);
    // Where later layers are skipped by others, the end does not tell.
    const start = blocks[0]?.start ?? ROOT;
    return dominators.depth(start) > dominators.depth(entry) ? start : entry;
  }

  #without(): Stream['without'] {
    return this.#entries.flatMap((_, layer) => {
      const blocks = this.#blocksOf(layer);
      if (blocks.some(({ self }) => self.length > 0)) return [];
      const mixes = blocks.map(block => block.mixes).find(name => name !== undefined);
      return { layer, instead: mixes ?? (blocks.length ? EACH_BY_ITSELF : 'not known') };
    });
  }

  /** After the last layer: where its successor would begin. */
  #residual(): string | undefined {
    if (this.#lastAdd < 0) return undefined;
    const layersBeginAtSums = this.#entries.some(position => {
      const node = this.#node(position ?? ROOT);
      return node !== undefined && isSkipNormalization(node.operator) && Boolean(node.outputs[3]);
    });
    if (layersBeginAtSums) return this.#sumOf(this.#chain[this.#lastAdd] ?? ROOT);
    return this.#tensorOf(
      this.#chain[this.#lastAdd + this.#offset()] ?? this.#chain.at(-1) ?? ROOT,
    );
  }

  /** How many nodes after the residual addition a layer begins: more than 0 where it ends in a norm. */
  #offset(): number {
    for (const entry of this.#entries.slice(1).reverse()) {
      const position = this.#chain.indexOf(entry ?? ROOT);
      const add = this.#chain
        .slice(0, position + 1)
        .findLastIndex(node => this.#isResidualAdd(node));
      if (position >= 0 && add >= 0) return position - add;
    }
    return 0;
  }

  #normed(): string | undefined {
    const { analysis } = this;
    const head = this.#node(this.#chain[this.#head] ?? ROOT);
    if (!head) return this.#tensorOf(this.end);
    const input = head.inputs.find(name => analysis.labels.isHidden(name)) ?? '';
    return canonical(analysis, peelScale(analysis, canonical(analysis, input)).tensor);
  }

  /** One of the summands is the stream itself: what every path to the sum passes. */
  #isResidualAdd(position: number): boolean {
    const node = this.#node(position);
    if (!node) return false;
    if (isSkipNormalization(node.operator)) return true;
    const { labels } = this.analysis;
    const hidden = node.inputs.filter(input => labels.isHidden(input));
    if ((node.operator !== 'Add' && node.operator !== 'Sum') || hidden.length < 2) return false;
    return this.#summands(node, 0).includes(this.dominators.immediate(position));
  }

  /** Producers of what a sum of sums adds up, scalars aside. */
  #summands(node: Node, depth: number): readonly number[] {
    const { analysis } = this;
    const { index, labels } = analysis;
    return node.inputs
      .filter(input => labels.isHidden(input))
      .flatMap(input => {
        const plain = canonical(analysis, peelScale(analysis, canonical(analysis, input)).tensor);
        const before = index.producer(plain);
        // The stream may have been cast or reshaped on its way.
        const own = [input, plain].map(tensor => {
          const producer = index.producer(tensor);
          return producer ? index.order(producer) : ROOT;
        });
        const isSum = before && (before.operator === 'Add' || before.operator === 'Sum');
        return isSum && depth < MOST_SUMS ? [...own, ...this.#summands(before, depth + 1)] : own;
      });
  }

  #isProjected(node: Node): boolean {
    return isProjection(this.analysis, node) || node.operator === 'DynamicQuantizeLinear';
  }

  /** The tensor of the residual stream that a node writes. */
  #tensorOf(position: number): string | undefined {
    const { labels, index } = this.analysis;
    const node = this.#node(position);
    if (!node) return undefined;
    if (isSkipNormalization(node.operator) && node.outputs[3]) return node.outputs[3];
    const embeddingSum = node.operator === 'EmbedLayerNormalization' ? node.outputs[2] : undefined;
    if (embeddingSum && index.consumers(embeddingSum).length) return embeddingSum;
    return node.outputs.find(output => labels.isHidden(output));
  }

  #sumOf(position: number): string | undefined {
    const node = this.#node(position);
    if (!node || !isSkipNormalization(node.operator) || node.outputs[3])
      return this.#tensorOf(position);
    const name = `${node.outputs[0] ?? ''}/sum`;
    this.exposedSums.set(node, name);
    return name;
  }

  #node(position: number): Node | undefined {
    return this.analysis.index.nodes[position];
  }
}
