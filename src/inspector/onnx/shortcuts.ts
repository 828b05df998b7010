import type { Analysis } from './analysis';
import { ROOT, type Dominators, type Edges } from './dominators';
import { inputsOf } from './graphIndex';
import type { FoundSite } from './site';

/** Nodes that are looked at before one attention. */
const MOST_NODES = 400;

/**
 * Edges by which the keys, values or scores of a self-attention also get something from before an earlier
 * attention, past the residual stream: values of the first layer (value residual learning, Zhou et al. 2024)
 * or scores of the layer before (RealFormer, He et al. 2020). The stream is what the queries go through.
 */
export function shortcutEdges(
  { index, labels }: Analysis,
  dominators: Dominators,
  sites: readonly FoundSite[],
): Edges {
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
    const operands = site.memoryEdges.map(({ node, input }) => node.inputs[input]);
    const seen = new Set([...operands, site.node.inputs[0]].map(positionOf));
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
