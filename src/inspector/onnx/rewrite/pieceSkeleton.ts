import { ElementType, type Node, type ValueInfo } from '../file/types';
import { writeModel } from '../file/writeModel';
import type { Analysis } from '../graph/analysis';
import type { Lineage } from '../graph/lineage';
import type { FoundSite } from '../graph/site';
import { graphTensor } from '../stream/points/added';
import type { FoundPoint } from '../stream/points/point';
import type { Streams } from '../stream/residualStream';
import { Cut } from './cut';
import { GraphEdit } from './graphEdit';
import { feedName, widenHalfInputs } from './halfInputs';
import type { NotCutOut } from './headSkeleton';
import { weightsFolder } from './instrument';
import { overridePoints, type PointInputs } from './pointOverride';

/** A part of a graph whose numbers can be replaced. */
export interface PieceSkeleton {
  readonly skeleton: Uint8Array;
  /** Name under which each state and each input of the graph that it reads is fed. */
  readonly reads: ReadonlyMap<string, string>;
  /** Inputs that change its points, as they are fed. */
  readonly changes: ReadonlySet<string>;
}

/** Where a piece of a graph lies. */
export interface PieceBounds {
  /** Hidden states that it reads, the stream first; none for what comes before the first layer. */
  readonly from: readonly string[];
  /** The state that it leads to. */
  readonly to: string;
  /** States before it that it may not be computed from but through `from`. */
  readonly notPast: readonly string[];
}

/** A graph, and where its numbers can be changed. */
interface WithPoints {
  readonly analysis: Analysis;
  readonly streams: Streams;
  readonly lineage: Lineage;
  readonly sites: readonly FoundSite[];
  readonly points: { readonly found: readonly FoundPoint[] };
}

/**
 * The part of a graph between hidden states, with its weights left in their files.
 * @param inputs kinds of points that are to have inputs
 * @param isMine whether a point lies in the part; its tensors are outputs, too
 */
export function pieceSkeleton(
  { analysis, streams, lineage, sites, points }: WithPoints,
  { from, to, notPast }: PieceBounds,
  inputs: PointInputs,
  isMine: (found: FoundPoint) => boolean,
): PieceSkeleton | NotCutOut {
  const { model, index } = analysis;
  const cut = new Cut(analysis, streams, from, { inputs: true, notPast, lineage });
  const reason = cut.collect([to]);
  if (reason !== undefined) return { reason };
  const edit = new GraphEdit(index);
  for (const [node, sum] of streams.exposedSums) {
    const outputs = [0, 1, 2].map(i => node.outputs[i] ?? '');
    if (sum === to) edit.replace(node, { outputs: [...outputs, sum] });
  }
  const changed = points.found.filter(
    found =>
      inputs.has(found.point) &&
      isMine(found) &&
      found.tensors.every(tensor =>
        cut.has(index.producer(graphTensor(tensor)) ?? tensor.fused?.node),
      ),
  );
  overridePoints(edit, analysis, sites, streams, points.found, inputs, found =>
    changed.includes(found),
  );
  const states: ValueInfo[] = from.map(name => ({ name, elementType: cut.typeOf(name) }));
  const reads = [...states, ...cut.declared];
  const changes = edit.inputs.filter(input => !index.graph.inputs.includes(input));
  const tensors = changed.flatMap(found => found.tensors.map(({ tensor }) => tensor));
  const outputs = [...new Set([to, ...tensors])];
  const nodes: readonly Node[] = [...cut.nodes(node => edit.current(node)), ...edit.added];
  const graph = {
    nodes,
    initializers: new Map([...cut.initializers, ...addedConstants(edit, analysis)]),
    inputs: [...reads, ...changes],
    outputs: outputs.map(name => ({ name, elementType: ElementType.undefined })),
  };
  const { opsets, irVersion, functions } = model;
  const skeleton = writeModel(
    widenHalfInputs({ graph, opsets, irVersion, functions }),
    weightsFolder(model),
  );
  return {
    skeleton,
    reads: new Map(reads.map(info => [info.name, fedAs(info)])),
    changes: new Set(changes.map(fedAs)),
  };
}

/** Constants that changes brought along. */
function addedConstants({ initializers }: GraphEdit, { index }: Analysis) {
  return [...initializers].filter(([name]) => !index.graph.initializers.has(name));
}

function fedAs({ name, elementType }: ValueInfo): string {
  return elementType === ElementType.float16 ? feedName(name) : name;
}
