import type { GraphRun, StreamTensors } from '../graph/graphSession';
import type { LoadedGraph } from '../graph/loadGraph';

/** How a graph stores its residual stream. */
export interface StateLayouts {
  /** Width of the last stack's stream, 0 where it has no tensor of its own. */
  readonly modelDim: number;
  /** Tensors `[batch, modelDim, tokens]`, as SqueezeBERT's. */
  readonly turned: ReadonlySet<string>;
}

/** Tells tokens and width of the residual stream apart: the text's length is no size of the model. */
export function stateLayouts(
  { streams: { streams } }: LoadedGraph,
  runs: readonly GraphRun[],
): StateLayouts {
  const turned = new Set<string>();
  let modelDim = 0;
  for (const [i, stream] of streams.entries()) {
    const names = [...stream.beforeLayers, stream.residual, stream.normed];
    const seen = runs.map(({ streams: states, lengths }) => ({
      tensors: tensorsOf(states[i]),
      lengths: new Set(lengths.values()),
    }));
    for (const [at, name] of names.entries()) {
      const isTurned = seen.every(({ tensors, lengths }) => {
        const [, second = 0, last = 0] = tensors[at]?.dims ?? [];
        return tensors[at]?.dims.length === 3 && lengths.has(last) && !lengths.has(second);
      });
      if (isTurned && name !== undefined) turned.add(name);
    }
    const index = names.findIndex((name, at) => name !== undefined && seen[0]?.tensors[at]);
    const dims = seen[0]?.tensors[index]?.dims;
    modelDim = dims?.at(turned.has(names[index] ?? '') ? -2 : -1) ?? 0;
  }
  return { modelDim, turned };
}

function tensorsOf(stream: StreamTensors | undefined) {
  return [...(stream?.beforeLayers ?? []), stream?.residual, stream?.normed];
}
