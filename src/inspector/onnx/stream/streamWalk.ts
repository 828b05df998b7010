import { EACH_BY_ITSELF } from '../../../protocol/model';
import type { Node } from '../file/types';
import { peelScale } from '../find/scaling';
import type { Analysis } from '../graph/analysis';
import { ROOT, type Dominators } from '../graph/dominators';
import { isSkipNormalization } from '../graph/operatorKinds';
import { canonical, isProjection } from '../graph/origin';
import type { FoundSite } from '../graph/site';
import { additions, blocksOf, isExactMixer, type Block } from './blocks';
import { numberLayers, type LayerNumbers, type LayerPlan } from './layerNumbers';
import { addedByLayer, type Added } from './points/added';
import { isResidualAdd } from './residualAdd';

/** One stack of layers: its attention in the order of computation, and its residual stream. */
export interface Stream {
  readonly isEncoderOfAnother: boolean;
  readonly sites: readonly FoundSite[];
  /** Layer of each site by the model's own count. */
  readonly layerOf: ReadonlyMap<FoundSite, number>;
  /** Layer that a node inside one of the stack's blocks lies in. */
  readonly layerOfNode: (node: Node) => number | undefined;
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
  /** What the blocks of a layer add to the stream; undefined where their sums do not show it. */
  readonly added: (layer: number) => Added | undefined;
  /** The stream once an attention was added to it; undefined where its layer adds nothing after it. */
  readonly afterAttention: (site: FoundSite) => SumTensor | undefined;
}

/** The tensor of a sum, and the fused node that has to give it out under that name. */
export interface SumTensor {
  readonly name: string;
  readonly node?: Node;
}

/** Blocks of a stack that adds nothing to a stream: each self-attention is one, cross follows it. */
function withoutResidual(sites: readonly FoundSite[]): readonly Block[] {
  return sites.map(site => ({
    add: ROOT,
    start: ROOT,
    self: site.isCross ? [] : [site],
    cross: site.isCross ? [site] : [],
  }));
}

/** Follows one stack along the dominators of its end. */
export class StreamWalk {
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
    private readonly plan: LayerPlan,
    routers: readonly Node[],
  ) {
    this.#chain = dominators.chain(end);
    const adds = additions(analysis, dominators, sites, this.#chain, position =>
      this.#adds(position),
    );
    const blocks = blocksOf(analysis, dominators, adds, sites, routers);
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
      (position, i) => i > lastEntry && this.#adds(position),
    );
    const searchFrom = Math.max(this.#lastAdd, lastEntry) + 1;
    this.#head = this.#chain.findIndex((_, i) => i >= searchFrom && this.#projects(i));
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
      layerOfNode: node => this.#layerOfNode(node),
      layers: count,
      without: this.#without(),
      ...(note === undefined ? {} : { note }),
      beforeLayers: this.#entries.map(position =>
        position === undefined ? undefined : this.#tensorOf(position),
      ),
      ...(residual ? { residual } : {}),
      ...(normed ? { normed } : {}),
      added: layer => this.#added(layer),
      afterAttention: site => this.#afterAttention(site),
    };
  }

  #added(layer: number): Added | undefined {
    const { analysis, dominators } = this;
    const entry = this.#entries[layer];
    // What is added before the first layer begins is a part of the embeddings.
    const from = entry === undefined ? 0 : dominators.depth(entry);
    const blocks = this.#blocksOf(layer).filter(({ start }) => dominators.depth(start) >= from);
    return addedByLayer(analysis, dominators, blocks);
  }

  #afterAttention(site: FoundSite): SumTensor | undefined {
    const { ofBlock } = this.#numbers;
    const at = this.#blocks.findIndex(
      ({ self, cross }) => self.includes(site) || cross.includes(site),
    );
    const node = this.#node(this.#blocks[at]?.add ?? ROOT);
    const isLast = !ofBlock.some((layer, i) => i > at && layer === ofBlock[at]);
    if (!node || isLast) return undefined;
    const isFused = isSkipNormalization(node.operator) && !node.outputs[3];
    const name = this.#tensorOf(this.#blocks[at]?.add ?? ROOT);
    if (!isFused) return name === undefined ? undefined : { name };
    return { name: this.exposedSums.get(node) ?? `${node.outputs[0] ?? ''}/sum`, node };
  }

  #blocksOf(layer: number): readonly Block[] {
    return this.#blocks.filter((_, i) => this.#numbers.ofBlock[i] === layer);
  }

  #layerOfNode(node: Node): number | undefined {
    const position = this.analysis.index.order(node);
    const block = this.#blocks.findIndex(
      ({ start, add }) => add !== ROOT && this.dominators.between(start, add).has(position),
    );
    return block < 0 ? undefined : (this.#numbers.ofBlock[block] ?? 0);
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
      const all = blocks.map(block => block.mixes).filter(name => name !== undefined);
      const shown = all.find(isExactMixer) ?? all[0];
      // What the operators of a spelled-out layer make together only its configuration says.
      const isNamed = shown !== undefined && !isExactMixer(shown);
      const mixes = isNamed ? (this.plan.mixers?.[layer] ?? shown) : shown;
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
      const add = this.#chain.slice(0, position + 1).findLastIndex(node => this.#adds(node));
      if (position >= 0 && add >= 0) return position - add;
    }
    return 0;
  }

  #normed(): string | undefined {
    const { analysis } = this;
    const head = this.#node(this.#chain[this.#head] ?? ROOT);
    if (!head) return this.#tensorOf(this.end);
    const input = this.#isProjected(head)
      ? head.inputs.find(name => analysis.labels.isHidden(name))
      : this.#tensorOf(this.#chain[this.#head - 1] ?? ROOT);
    if (input === undefined) return undefined;
    return canonical(analysis, peelScale(analysis, canonical(analysis, input)).tensor);
  }

  #adds(position: number): boolean {
    return isResidualAdd(this.analysis, this.dominators, position);
  }

  /** Whether the hidden state is projected from one node of the chain to the next, perhaps as a sum of products. */
  #projects(i: number): boolean {
    const position = this.#chain[i] ?? ROOT;
    const nodes = [...this.dominators.between(this.#chain[i - 1] ?? ROOT, position)];
    return nodes.some(at => {
      const node = this.#node(at);
      return node !== undefined && this.#isProjected(node);
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
