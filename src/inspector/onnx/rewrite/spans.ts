import type { Graph, Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { GraphIndex } from '../graph/graphIndex';
import type { Streams } from '../stream/residualStream';
import { CanonicalNames, described } from './canonicalNodes';
import { leadingTo } from './subgraph';

/** What of a graph lies between two places of its residual stream. */
export interface Span {
  /** Tensors of the first place, which it may read beside inputs of the graph. */
  readonly given: ReadonlySet<string>;
  /** Tensors of the second place. */
  readonly results: readonly string[];
  /** Equal where spans are alike, node by node, in the graph as it is and as it is instrumented. */
  readonly kind: string;
  /** Instrumenting leaves its nodes as they are and exposes nothing between them. */
  readonly isUntouched: boolean;
}

/** Constants that are short may decide what the runtime makes of a node. */
const DECIDING_BYTES = 64;

/**
 * Cuts a graph at every layer. What one span leads to is what the next one may read, so that spans
 * that give the same in two graphs show that the graphs do.
 * @param instrumented the same graph with everything exposed
 * @returns undefined where there are several streams, or where one has no tensor at some layer
 */
export function spansOf(
  { index }: Analysis,
  streams: Streams,
  instrumented: Graph,
): Span[] | undefined {
  const places = placesOf(index, streams);
  if (!places) return undefined;
  const other = new GraphIndex(instrumented);
  const before = new Set(index.graph.outputs.map(({ name }) => name));
  const exposed = new Set(
    instrumented.outputs.flatMap(({ name }) => (before.has(name) ? [] : name)),
  );
  const spans: Span[] = [];
  let given: ReadonlySet<string> = new Set();
  for (const results of places) {
    const own = leadingTo(index, results, given).nodes;
    const changed = leadingTo(other, results, given).nodes;
    const inner = own.flatMap(({ outputs }) => outputs).filter(name => !results.includes(name));
    const isUntouched =
      own.length === changed.length &&
      own.every((node, i) => node === changed[i]) &&
      inner.every(name => !exposed.has(name));
    const kind = JSON.stringify([
      describedNodes(own, index.graph, before, given, results),
      describedNodes(changed, instrumented, exposed, given, results),
    ]);
    if (own.length > 0) spans.push({ given, results, kind, isUntouched });
    given = new Set(results);
  }
  return spans;
}

/** The tensors that later nodes may read, at each place of the stream from the first to the output. */
function placesOf(index: GraphIndex, { streams, output }: Streams): string[][] | undefined {
  const [stream, ...others] = streams;
  if (!stream || others.length > 0 || output === undefined) return undefined;
  const { beforeLayers, residual, normed } = stream;
  if (beforeLayers.length === 0 || beforeLayers.includes(undefined)) return undefined;
  const ends = [residual, normed].filter(name => name !== undefined && index.producer(name));
  const places = new Map<Node | string, Set<string>>();
  for (const tensor of [...beforeLayers, ...ends]) {
    if (tensor === undefined) continue;
    const node = index.producer(tensor);
    const isInput = index.graph.inputs.some(({ name }) => name === tensor);
    if (!node && !isInput) return undefined;
    const read = node?.outputs.filter(name => name && index.consumers(name).length > 0) ?? [];
    const place = node ?? tensor;
    places.set(place, new Set([...(places.get(place) ?? []), tensor, ...read]));
  }
  return [...[...places.values()].map(place => [...place]), [output]];
}

/** Nodes under names by their order, with what they read and what is put out of them. */
function describedNodes(
  nodes: readonly Node[],
  graph: Graph,
  exposed: ReadonlySet<string>,
  given: ReadonlySet<string>,
  results: readonly string[],
): unknown {
  const names = new CanonicalNames(new Set());
  for (const name of given) names.of(name);
  const all = nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
  const stored = all.flatMap(name => {
    const tensor = graph.initializers.get(name);
    if (!tensor) return [];
    const { dims, elementType, data } = tensor;
    const isShort = data.kind === 'inline' && data.bytes.length <= DECIDING_BYTES;
    const bytes = isShort ? Buffer.from(data.bytes).toString('latin1') : data.kind;
    return [[names.of(name), elementType, dims, bytes]];
  });
  const renamed = nodes.map(node =>
    described({
      ...node,
      inputs: node.inputs.map(names.of),
      outputs: node.outputs.map(names.of),
    }),
  );
  const fed = new Map(graph.inputs.map(input => [input.name, input]));
  const inputs = all.flatMap(name => {
    const { elementType, dims } = fed.get(name) ?? {};
    return elementType === undefined ? [] : [[names.of(name), elementType, dims]];
  });
  const out = all.filter(name => exposed.has(name) || results.includes(name)).map(names.of);
  return [renamed, stored, inputs, out];
}
