import { basename } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { analyse, type Analysis } from '../onnx/analysis';
import { findAttention, mayAttend } from '../onnx/findAttention';
import { hoistBranch } from '../onnx/hoistBranch';
import { readModel } from '../onnx/readModel';
import { findStreams, type Streams } from '../onnx/residualStream';
import type { FoundSite } from '../onnx/site';
import type { Unmatched } from '../onnx/softmaxSites';
import type { Graph } from '../onnx/types';
import type { InputSignature } from './feeds';

/** A graph whose attention was found; nothing is in the runtime yet. */
export interface LoadedGraph {
  readonly analysis: Analysis;
  readonly sites: readonly FoundSite[];
  readonly unmatched: readonly Unmatched[];
  readonly streams: Streams;
  readonly signature: InputSignature;
}

/**
 * Reads a graph and finds its attention.
 * @throws InspectorError `model-missing`, `model-broken`, `model-unsupported`
 */
export function loadGraph(path: string): LoadedGraph {
  const model = hoistBranch(readModel(path));
  const analysis = analyse(model);
  const { sites, unmatched } = findAttention(analysis);
  if (sites.length === 0) throw noAttention(path, model.graph, unmatched);
  const streams = findStreams(analysis, sites);
  const { graph } = model;
  const vocabulary = vocabularyOf(analysis);
  const signature = {
    inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)),
    roles: analysis.roles,
    ...(vocabulary === undefined ? {} : { vocabulary }),
  };
  return { analysis, sites: inStreamOrder(sites, streams), unmatched, streams, signature };
}

/** Encoder before decoder, whatever the order in which the exporter wrote their nodes. */
function inStreamOrder(sites: readonly FoundSite[], { streams }: Streams): FoundSite[] {
  const placed = streams.flatMap(stream => stream.sites);
  return [...placed, ...sites.filter(site => !placed.includes(site))];
}

/** Rows of the table that the token ids look up. */
function vocabularyOf({ index, constants, roles }: Analysis): number | undefined {
  const ids = [...roles].filter(([, role]) => role === 'tokens').map(([name]) => name);
  const seen = new Set(ids);
  const rows: number[] = [];
  for (const tensor of seen) {
    for (const node of index.consumers(tensor)) {
      const isLookup = node.operator === 'Gather' && node.inputs[1] === tensor;
      const table = isLookup
        ? node.inputs[0]
        : node.operator === 'EmbedLayerNormalization'
          ? node.inputs[2]
          : undefined;
      const dims = constants.of(table)?.dims;
      if (dims?.length === 2) rows.push(dims[0] ?? 0);
      if (['Cast', 'Identity', 'Reshape'].includes(node.operator)) {
        for (const output of node.outputs) seen.add(output);
      }
    }
  }
  return rows.length ? Math.max(...rows) : undefined;
}

function noAttention(path: string, graph: Graph, unmatched: readonly Unmatched[]): InspectorError {
  const name = basename(path);
  const [nearest] = unmatched;
  const looped = graph.nodes.find(node =>
    [...node.attributes.values()].some(({ graph }) => graph && mayAttend(graph)),
  );
  const reason = looped
    ? `its attention is inside a ${looped.operator} node, where it cannot be read`
    : nearest
      ? `it has a softmax (node “${nearest.node.name}”), but ${nearest.reason}`
      : 'it has no softmax over hidden states and no attention operator';
  return new InspectorError(
    'model-unsupported',
    `No attention was found in ${name}: ${reason}. Choose a transformer.`,
  );
}
