import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import type { FoundSite } from '../graph/site';
import type { LayerPlan } from './layerNumbers';
import { mainOutput } from './mainOutput';
import { withoutShortcuts } from './shortcuts';
import { StreamWalk, type Stream } from './streamWalk';

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
 * @param routers what chooses experts in its layers
 */
export function findStreams(
  analysis: Analysis,
  sites: readonly FoundSite[],
  plans: LayerPlans,
  routers: readonly Node[] = [],
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
    const stream = new StreamWalk(analysis, dominators, mine, end, exposedSums, plan, routers);
    streams.push(stream.result(isEncoderOfAnother));
    return stream.hasHead;
  };
  walk(memoryNode, true);
  const hasHead = walk(end, false);
  return { streams, ...(output ? { output: output.name } : {}), hasHead, exposedSums };
}
