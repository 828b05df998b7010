import type { Analysis } from './analysis';
import { Dominators } from './dominators';
import type { GraphIndex } from './graphIndex';
import type { LayerPlan } from './layers';
import type { FoundSite } from './site';
import { StreamWalk, type Stream } from './streamWalk';
import { ElementType, type Node, type ValueInfo } from './types';

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

/** From scores to ids: the most probable ones, in the type and shape that somebody wants. */
const choosing = new Set(['ArgMax', 'Cast', 'Identity', 'Reshape', 'Squeeze', 'TopK', 'Unsqueeze']);

/** What an output is of: itself, or of a model that puts out ids, the scores that they are chosen by. */
function behindIds(
  index: GraphIndex,
  labels: Analysis['labels'],
  output: ValueInfo,
): ValueInfo | undefined {
  let { name } = output;
  for (let step = 0; step < 6 && !labels.isHidden(name); step++) {
    const node = index.producer(name);
    if (!node || !choosing.has(node.operator)) return undefined;
    name = node.inputs[0] ?? '';
  }
  if (!labels.isHidden(name)) return undefined;
  return name === output.name ? output : { name, elementType: ElementType.undefined };
}
