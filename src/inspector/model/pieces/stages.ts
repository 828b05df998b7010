import type { Stack } from '../../../protocol/model';
import type { PieceBounds } from '../../onnx/rewrite/pieceSkeleton';
import type { Part } from '../part';

/** A part of a model between two states of a stream, run as a model of its own. */
export interface Stage {
  /** Index of the graph that it is cut out of. */
  readonly part: number;
  /** All of the graph's when absent. */
  readonly stack?: Stack;
  /** Layers that it computes, first and end; none where it makes the first state. */
  readonly layers: readonly [number, number];
  readonly bounds: PieceBounds;
  /** Stages that give what it reads, in the order of `bounds.from`. */
  readonly after: readonly number[];
  /** What it gives is the output of the model `[rows, tokens, vocabulary]`. */
  readonly isOutput: boolean;
}

/**
 * A model cut at every layer: what makes the embeddings, then a stage for each layer; the output head
 * follows. Layers that begin at no tensor of their own go with the one before.
 */
export function stagesOf(parts: readonly Part[]): readonly Stage[] {
  const stages: Stage[] = [];
  for (const [part, { graph, stacks }] of parts.entries()) {
    const { streams } = graph.loaded.streams;
    const output = outputOf(graph);
    const given = new Map<string, number>();
    const past: string[] = [];
    let memory: string | undefined;
    for (const [i, stream] of streams.entries()) {
      const stack = stacks[i] ?? 'encoder';
      const isLast = i === streams.length - 1;
      const isLastOfAll = isLast && part === parts.length - 1;
      const end = isLastOfAll
        ? stream.residual
        : isLast
          ? output
          : (stream.normed ?? stream.residual);
      if (end === undefined) continue;
      const starts = stream.beforeLayers.flatMap((tensor, layer) =>
        tensor !== undefined && tensor !== end ? [{ tensor, layer }] : [],
      );
      const cuts = [...starts, { tensor: end, layer: stream.layers }];
      for (const [at, { tensor, layer }] of cuts.entries()) {
        const before = cuts[at - 1];
        const from = [before?.tensor, memory].filter(name => name !== undefined);
        stages.push({
          part,
          stack,
          layers: [before?.layer ?? 0, layer],
          bounds: { from, to: tensor, notPast: [...past] },
          after: from.map(name => given.get(name) ?? -1),
          isOutput: false,
        });
        given.set(tensor, stages.length - 1);
        if (at === 0) past.push(tensor);
      }
      memory = end;
    }
  }
  return stages;
}

/** Every graph of a model as one stage, where it cannot be cut. */
export function wholeStages(parts: readonly Part[]): readonly Stage[] {
  return parts.map(({ graph }, part): Stage => {
    const isLast = part === parts.length - 1;
    const { streams } = graph.loaded.streams;
    return {
      part,
      layers: [0, Math.max(0, ...streams.map(({ layers }) => layers))],
      bounds: { from: [], to: outputOf(graph) ?? '', notPast: [] },
      after: [],
      isOutput: isLast,
    };
  });
}

/** The output that a graph is run for. */
function outputOf({ loaded }: Part['graph']): string | undefined {
  return loaded.streams.output ?? loaded.analysis.model.graph.outputs[0]?.name;
}
