import type { Node } from '../onnx/file/types';
import type { LoadedGraph } from '../model/graph/loadGraph';
import type { InstrumentedModel } from '../model/instrumentedModel';
import { toTensor } from '../runtime/session';
import { relativeError } from './measure';
import type { Place } from './places';
import type { Part } from '../model/part';
import { statesInside } from '../model/statesInside';
import { feedsOf, type ProbeText } from './probeTexts';

/** Times the error of its inputs that a node may have. */
const GAIN = 4;
/** Nodes that two graphs must have alike, so that their names mean the same. */
const FEWEST = 3;
/** Nodes that one may have beside those, as a part of them: more are another exporter's. */
const MOST_ADDED = 0.2;

const AGREEING = ['query', 'key', 'value', 'headOutput'] as const;

/** A node as it is told of. */
type NamedNode = Pick<Node, 'name' | 'operator'>;

/**
 * The node where two models part: of those that lead to the place and are called alike in both graphs, the first
 * whose inputs agree and whose output does not; else the first that only the second graph has. Undefined where
 * the graphs name their tensors differently.
 * @param text that both part on
 * @param agrees whether they agree in another tensor of the same layer and attention
 * @throws InspectorError
 */
export async function nodeOf(
  a: InstrumentedModel,
  b: InstrumentedModel,
  place: Place,
  text: ProbeText,
  floor: number,
  agrees: (kind: Place['kind']) => boolean,
): Promise<NamedNode | undefined> {
  const [parts, others] = [a.inside().parts, b.inside().parts];
  const at = parts.findIndex(({ stacks }) => stacks.includes(place.stack));
  const [part, other] = [parts[at], others[at]];
  if (!part || !other || parts.length !== others.length) return undefined;
  const stream = part.stacks.indexOf(place.stack);
  const [mine, theirs] = [part, other].map(one =>
    leadingTo(one.graph.loaded, stream, place, agreed(one, stream, place, agrees)),
  );
  const nodes = (mine ?? []).filter(node => isAlike(node, other.graph.loaded));
  if (nodes.length < FEWEST) return undefined;
  const isComputed = (name: string) =>
    [part, other].every(({ graph }) => {
      const { index, constants } = graph.loaded.analysis;
      return index.producer(name) && !constants.of(name);
    });
  const names = [...new Set(nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]))];
  const read = names.filter(name => name !== '' && isComputed(name));
  const one = await a.inside().tensors(at, feedsOf(a, text), read);
  const another = await b.inside().tensors(at, feedsOf(b, text), read);
  const errors = new Map(
    read.flatMap(name => {
      const [x, y] = [one[name], another[name]];
      const isSame = x && y && x.dims.join() === y.dims.join();
      return isSame ? [[name, relativeError(toTensor(x).data, toTensor(y).data)]] : [];
    }),
  );
  const largest = (tensors: readonly string[]) =>
    Math.max(0, ...tensors.map(name => errors.get(name) ?? 0));
  const found = nodes.find(({ inputs, outputs }) => {
    const error = largest(outputs);
    return error > floor && largest(inputs) * GAIN < error;
  });
  const added = (theirs ?? []).filter(
    node =>
      !isAlike(node, part.graph.loaded) &&
      !other.graph.loaded.analysis.labels.isFixed(node.outputs[0]),
  );
  const isInserted = added.length <= nodes.length * MOST_ADDED;
  const node = found ?? (isInserted ? added[0] : undefined);
  return node && { name: node.name || (node.outputs[0] ?? ''), operator: node.operator };
}

/** Tensors of the place's layer in which both agree: what leads to them is not to blame. */
function agreed(
  part: Part,
  stream: number,
  { stack, attention, layer }: Place,
  agrees: (kind: Place['kind']) => boolean,
): readonly string[] {
  const { sites } = part.graph.loaded;
  const views = part.sites.flatMap((site, i) => {
    const isHere =
      part.stacks[stream] === site.stack && site.kind === attention && site.layer === layer;
    // Masked scores agree where neither is blocked: their mask may differ.
    return AGREEING.flatMap(kind =>
      isHere && agrees(kind) ? (sites[i]?.views[kind]?.tensor ?? []) : [],
    );
  });
  const states = statesInside(part).flatMap(({ place, tensors }) => {
    const isHere = place.stack === stack && place.kind === attention && place.layer === layer;
    return isHere && agrees(place.point) ? tensors.map(({ name }) => name) : [];
  });
  return [...views, ...states];
}

/** Nodes that a place is computed by and what goes into its layer is not, in the order of computation. */
function leadingTo(
  loaded: LoadedGraph,
  stream: number,
  { layer, kind }: Place,
  agreeing: readonly string[],
): readonly Node[] {
  const { streams, output } = loaded.streams;
  const found = streams[stream];
  if (!found) return [];
  const { beforeLayers, residual, normed } = found;
  const before = streams.slice(0, stream).flatMap(({ normed, residual }) => normed ?? residual);
  const [start, end] = ((): readonly [string | undefined, string | undefined] => {
    if (layer === 'embeddings') return [undefined, beforeLayers[0]];
    if (kind === 'logits') return [residual, output];
    if (layer === 'output') return [beforeLayers.at(-1), normed ?? residual];
    if (kind === 'residual') return [beforeLayers[layer - 1], beforeLayers[layer]];
    return [beforeLayers[layer], beforeLayers[layer + 1] ?? residual ?? output];
  })();
  const { index } = loaded.analysis;
  const outside = ancestors(loaded, [start, ...before, ...agreeing]);
  const inside = ancestors(loaded, [end]);
  return index.nodes.filter(node => inside.has(node) && !outside.has(node));
}

/** What tensors are computed by. */
function ancestors(
  { analysis: { index }, streams: { exposedSums } }: LoadedGraph,
  tensors: readonly (string | undefined)[],
): ReadonlySet<Node> {
  const producers = (names: readonly (string | undefined)[]) =>
    names.flatMap(name => {
      const fused = [...exposedSums].find(([, sum]) => sum === name)?.[0];
      return index.producer(name) ?? fused ?? [];
    });
  const found = new Set(producers(tensors));
  for (const node of found) for (const producer of producers(node.inputs)) found.add(producer);
  return found;
}

function isAlike({ operator, outputs }: Node, { analysis: { index } }: LoadedGraph): boolean {
  const other = index.producer(outputs[0]);
  return other?.operator === operator && other.outputs[0] === outputs[0];
}
