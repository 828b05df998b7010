import type { AttentionSite, ExpertRouter, Stack } from '../../protocol/model';
import type { GraphModel } from './check/graphModel';

/** One graph of a model, with its sites in their stacks and layers. */
export interface Part {
  readonly graph: GraphModel;
  readonly sites: readonly AttentionSite[];
  /** What chooses experts, by the order of the graph's routers. */
  readonly routers: readonly ExpertRouter[];
  /** The stack of each stream of the graph. */
  readonly stacks: readonly Stack[];
}

/**
 * Numbers the layers of a graph's sites and names their stacks.
 * @param only the stack, where the file says which half it is
 */
export function partOf(graph: GraphModel, only?: Stack): Part {
  const { streams } = graph.loaded.streams;
  const stacks = streams.map((stream): Stack => {
    if (stream.isEncoderOfAnother) return 'encoder';
    if (only) return only;
    const mine = graph.sites.filter((_, i) => includes(stream.sites, graph, i));
    const isDecoder = mine.some(({ facts: { kind, mask } }) => {
      const looksBack = mask.kind === 'causal' || (mask.kind === 'window' && mask.after === 0);
      return kind === 'cross' || looksBack;
    });
    return isDecoder ? 'decoder' : 'encoder';
  });
  const sites = graph.sites.map(({ facts }, i): AttentionSite => {
    const found = graph.loaded.sites[i];
    const stream = streams.findIndex(({ sites }) => includes(sites, graph, i));
    const stack = stacks[stream] ?? only ?? 'encoder';
    const layer = (found && streams[stream]?.layerOf.get(found)) ?? 0;
    return { stack, layer, ...facts };
  });
  const routers = graph.routers.map(({ node, ...facts }): ExpertRouter => {
    const stream = streams.findIndex(({ layerOfRouter }) => layerOfRouter.has(node));
    const layer = streams[stream]?.layerOfRouter.get(node);
    const at = { stack: stacks[stream] ?? only ?? 'encoder', layer: layer ?? 0 };
    const refusal =
      facts.refusal ??
      (layer === undefined ? 'it lies in no layer of the residual stream' : undefined);
    const { experts, chosen } = facts;
    return {
      ...at,
      experts,
      chosen,
      node: node.name,
      ...(refusal === undefined ? {} : { refusal }),
    };
  });
  return { graph, sites, routers, stacks };
}

function includes(sites: readonly unknown[], graph: GraphModel, i: number): boolean {
  return sites.includes(graph.loaded.sites[i]);
}
