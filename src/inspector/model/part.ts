import type { AttentionSite, EffectiveFacts, ExpertRouter, Stack } from '../../protocol/model';
import type { Node } from '../onnx/file/types';
import type { GraphModel } from './check/graphModel';

/** A linear attention in its layer; −1 where it lies in none. */
export interface PlacedRecurrence {
  readonly stack: Stack;
  readonly layer: number;
  /** What it is, where the graph spells it out. */
  readonly name?: string;
  readonly facts: EffectiveFacts;
}

/** One graph of a model, with its sites in their stacks and layers. */
export interface Part {
  readonly graph: GraphModel;
  readonly sites: readonly AttentionSite[];
  /** What chooses experts, by the order of the graph's routers. */
  readonly routers: readonly ExpertRouter[];
  /** By the order of the graph's linear attentions. */
  readonly recurrences: readonly PlacedRecurrence[];
  /** The stack of each stream of the graph. */
  readonly stacks: readonly Stack[];
}

/**
 * Numbers the layers of a graph's sites and names their stacks.
 * @param only the stack, where the file says which half it is
 * @param predictsNext the configuration is one of a model that predicts each next token: with an output
 * head it is a decoder, also where its mask was lost
 */
export function partOf(graph: GraphModel, only?: Stack, predictsNext = false): Part {
  const { streams } = graph.loaded.streams;
  const stacks = streams.map((stream): Stack => {
    if (stream.isEncoderOfAnother) return 'encoder';
    if (only) return only;
    if (predictsNext && graph.loaded.streams.hasHead) return 'decoder';
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
  const placeOf = (node: Node) => {
    const stream = streams.findIndex(({ layerOfNode }) => layerOfNode(node) !== undefined);
    const layer = streams[stream]?.layerOfNode(node);
    return { stack: stacks[stream] ?? only ?? 'encoder', layer };
  };
  const routers = graph.routers.map(({ node, ...facts }): ExpertRouter => {
    const { stack, layer } = placeOf(node);
    const refusal =
      facts.refusal ??
      (layer === undefined ? 'it lies in no layer of the residual stream' : undefined);
    const { experts, chosen } = facts;
    return {
      stack,
      layer: layer ?? 0,
      experts,
      chosen,
      node: node.name,
      ...(refusal === undefined ? {} : { refusal }),
    };
  });
  const recurrences = graph.recurrences.map(({ node, name, ...facts }): PlacedRecurrence => {
    const { stack, layer = -1 } = placeOf(node);
    const named = name === undefined ? {} : { name };
    return {
      stack,
      layer,
      ...named,
      facts: { ...facts, operator: node.operator, node: node.name },
    };
  });
  return { graph, sites, routers, recurrences: recurrences.map(oneALayer), stacks };
}

/** Of several in one layer none is the layer's. */
function oneALayer(
  one: PlacedRecurrence,
  _: number,
  all: readonly PlacedRecurrence[],
): PlacedRecurrence {
  const { stack, layer, facts } = one;
  const count = all.filter(other => other.stack === stack && other.layer === layer).length;
  if (count < 2 || layer < 0) return one;
  const reason = `its layer has ${count} linear attentions, and no one map is the layer's`;
  return { ...one, facts: { ...facts, check: { result: 'refused', reason } } };
}

function includes(sites: readonly unknown[], graph: GraphModel, i: number): boolean {
  return sites.includes(graph.loaded.sites[i]);
}
