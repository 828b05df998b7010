import type { Analysis } from '../graph/analysis';
import { Dominators, ROOT } from '../graph/dominators';
import { inputsOf } from '../graph/graphIndex';
import type { FoundSite } from '../graph/site';

/** Nodes that are looked at before one attention. */
const MOST_NODES = 400;

/** The dominators of a graph whose layers hand keys, values or scores on past the residual stream. */
export function withoutShortcuts(analysis: Analysis, sites: readonly FoundSite[]): Dominators {
  const edges = new Map<number, Set<string>>();
  let dominators = new Dominators(analysis, sites);
  // What multiplies the values is known to come from the stream once its keys no longer hide that.
  for (let round = 0; round < 2; round++) {
    const found = shortcutEdges(analysis, dominators, sites);
    if (found.size === 0) break;
    for (const [node, inputs] of found)
      edges.set(node, new Set([...(edges.get(node) ?? []), ...inputs]));
    dominators = new Dominators(analysis, sites, edges);
  }
  return dominators;
}

/**
 * Edges by which the keys, values or scores of a self-attention get something from before an earlier
 * attention, past the residual stream: keys and values shared by several layers (Brandon et al. 2024), values
 * of the first layer (Zhou et al. 2024), scores of the layer before (He et al. 2020). The stream is what the
 * queries go through.
 */
function shortcutEdges(
  { index, labels }: Analysis,
  dominators: Dominators,
  sites: readonly FoundSite[],
): ReadonlyMap<number, ReadonlySet<string>> {
  const ends = new Set(sites.map(({ end }) => index.order(end)));
  const edges = new Map<number, Set<string>>();
  const positionOf = (tensor: string | undefined) => {
    const producer = index.producer(tensor);
    return producer ? index.order(producer) : ROOT;
  };
  const depthOf = (tensor: string, query: number) =>
    dominators.depth(dominators.common(positionOf(tensor), query));
  const passesAttention = (from: number, query: number) =>
    [...dominators.between(from, query)].some(position => ends.has(position));

  for (const site of sites) {
    const query = positionOf(site.queryTensor);
    if (site.isCross || query === ROOT) continue;
    const seen = new Set(site.memoryEdges.map(({ node }) => index.order(node)));
    seen.add(positionOf(site.node.inputs[0]));
    for (const position of seen) {
      const node = index.nodes[position];
      if (!node || seen.size > MOST_NODES || dominators.common(position, query) === position)
        continue;
      const inputs = inputsOf(node).filter(input => labels.isHidden(input));
      const deepest = Math.max(...inputs.map(input => depthOf(input, query)));
      for (const input of inputs) {
        const meeting = dominators.common(positionOf(input), query);
        if (dominators.depth(meeting) < deepest && passesAttention(meeting, query)) {
          edges.set(position, (edges.get(position) ?? new Set()).add(input));
        } else seen.add(positionOf(input));
      }
    }
  }
  return edges;
}
