import type { AttentionKind, Stack } from '../../protocol/model';
import { storedFloats } from '../onnx/file/storedFloats';
import type { Analysis } from '../onnx/graph/analysis';
import { biasInput, graphTensor } from '../onnx/stream/points/added';
import type { PointTensor } from '../onnx/stream/points/point';
import type { Part } from './part';
import type { Node } from '../onnx/file/types';

/** A state between the attentions of a model. */
export interface StatePlace {
  readonly stack: Stack;
  /** The attention that it belongs to; `self` of a feed-forward network. */
  readonly kind: AttentionKind;
  readonly layer: number;
  readonly point: 'attentionOutput' | 'afterAttention' | 'feedForward';
}

/** A fused addition and normalisation that has to give out its sum, too. */
interface ExposedSum {
  readonly node: Node;
  readonly name: string;
}

/** Where a graph has the numbers of such a state: the sum of its tensors. */
export interface StateInside {
  readonly place: StatePlace;
  readonly tensors: readonly { readonly name: string; readonly bias?: Float32Array }[];
  /** What must give out its sum so that the graph has them. */
  readonly sumOf?: ExposedSum;
}

/** The states that can be read in a graph: what each layer adds to the stream, and the stream after an attention. */
export function statesInside({ graph, stacks }: Part): readonly StateInside[] {
  const { analysis, points, streams } = graph.loaded;
  const added = points.found.flatMap(({ point, stream, layer, kind = 'self', tensors }) => {
    const stack = stacks[stream];
    if (!stack || (point !== 'attentionOutput' && point !== 'feedForwardOutput')) return [];
    const own = tensors.map(one => biased(analysis, one));
    if (!own.every(one => one !== undefined)) return [];
    const name = point === 'attentionOutput' ? point : ('feedForward' as const);
    return [{ place: { stack, kind, layer, point: name }, tensors: own }];
  });
  const after = streams.streams.flatMap((stream, i) =>
    stream.sites.flatMap((site): StateInside[] => {
      const [stack, layer] = [stacks[i], stream.layerOf.get(site)];
      const found = stream.afterAttention(site);
      if (!stack || layer === undefined || !found) return [];
      const { name, node } = found;
      const kind = site.isCross ? 'cross' : 'self';
      return [
        {
          place: { stack, kind, layer, point: 'afterAttention' },
          tensors: [{ name }],
          ...(node ? { sumOf: { node, name } } : {}),
        },
      ];
    }),
  );
  return [...added, ...after];
}

/** What a layer adds, with the bias that a fused addition adds with it; undefined where that cannot be read. */
function biased({ model }: Analysis, own: PointTensor): StateInside['tensors'][number] | undefined {
  const name = graphTensor(own);
  if (!own.fused || name === own.tensor) return { name };
  const { node } = own.fused;
  const stored = model.graph.initializers.get(node.inputs[biasInput(node)] ?? '');
  const bias = stored && storedFloats(stored);
  return bias ? { name, bias } : undefined;
}
