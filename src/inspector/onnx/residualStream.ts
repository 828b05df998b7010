import type { Analysis } from './analysis';
import { Dominators, ROOT } from './dominators';
import { isSkipNormalization } from './operatorKinds';
import { canonical, isProjection } from './origin';
import { peelScale } from './scaling';
import type { FoundSite } from './site';
import { ElementType, type Node, type ValueInfo } from './types';

/** One stack of layers: its attention in the order of computation, and its residual stream. */
export interface Stream {
  readonly isEncoderOfAnother: boolean;
  readonly sites: readonly FoundSite[];
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

/** Finds the residual stream of each stack: what every path from one layer to the next must pass. */
export function findStreams(analysis: Analysis, sites: readonly FoundSite[]): Streams {
  const { index } = analysis;
  const dominators = new Dominators(analysis, sites);
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
    const stream = new StreamWalk(analysis, dominators, mine, index.order(node), exposedSums);
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
  const candidates = index.graph.outputs.flatMap(given => {
    const output = beforeChoice(given, index);
    const node = index.producer(output.name);
    if (!node || !labels.isHidden(output.name)) return [];
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

/** The scores behind an output that names the most probable entries only; other outputs as they are. */
function beforeChoice(output: ValueInfo, index: Analysis['index']): ValueInfo {
  let current = output.name;
  for (let node = index.producer(current); node; node = index.producer(current)) {
    const [input = ''] = node.inputs;
    if (node.operator === 'ArgMax' || node.operator === 'TopK') {
      return { name: input, elementType: ElementType.undefined };
    }
    if (node.operator !== 'Cast' && node.operator !== 'Identity') break;
    current = input;
  }
  return output;
}

/** Follows one stack along the dominators of its end. */
class StreamWalk {
  readonly #chain: readonly number[];
  /** Where each self-attention's layer begins, as positions of nodes. */
  readonly #entries: readonly number[];
  readonly #lastAdd: number;
  readonly #head: number;

  constructor(
    private readonly analysis: Analysis,
    dominators: Dominators,
    private readonly sites: readonly FoundSite[],
    private readonly end: number,
    private readonly exposedSums: Map<Node, string>,
  ) {
    const { index } = analysis;
    this.#chain = dominators.chain(end);
    this.#entries = sites
      .filter(site => !site.isCross)
      .map(site => {
        const producer = index.producer(site.queryTensor);
        return dominators.common(producer ? index.order(producer) : ROOT, end);
      });
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
    return {
      isEncoderOfAnother,
      sites: this.sites,
      beforeLayers: this.#entries.map(position => this.#tensorOf(position)),
      ...(residual ? { residual } : {}),
      ...(normed ? { normed } : {}),
    };
  }

  /** After the last layer: where its successor would begin. */
  #residual(): string | undefined {
    if (this.#lastAdd < 0) return undefined;
    const layersBeginAtSums = this.#entries.some(position => {
      const node = this.#node(position);
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
      const position = this.#chain.indexOf(entry);
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

  #isResidualAdd(position: number): boolean {
    const node = this.#node(position);
    if (!node) return false;
    if (isSkipNormalization(node.operator)) return true;
    const hidden = node.inputs.filter(input => this.analysis.labels.isHidden(input));
    return (node.operator === 'Add' || node.operator === 'Sum') && hidden.length > 1;
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
