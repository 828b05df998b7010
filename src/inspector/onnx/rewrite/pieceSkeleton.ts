import { ElementType, type Node, type ValueInfo } from '../file/types';
import { makeNode, writeModel } from '../file/writeModel';
import type { Analysis } from '../graph/analysis';
import { elementTypeOf } from '../graph/elementTypes';
import type { Lineage } from '../graph/lineage';
import type { Streams } from '../stream/residualStream';
import { Cut } from './cut';
import { feedName, widenHalfInputs } from './halfInputs';
import type { NotCutOut } from './headSkeleton';
import { weightsFolder } from './instrument';

/** A part of a graph whose numbers can be replaced. */
export interface PieceSkeleton {
  readonly skeleton: Uint8Array;
  /** Name under which each state and each input of the graph that it reads is fed. */
  readonly reads: ReadonlyMap<string, string>;
  /** Inputs of each tensor of it that can be replaced. */
  readonly overrides: ReadonlyMap<string, Override>;
}

/** tensor = mask ? value : what the model computes; all of them broadcast. */
export interface Override {
  /** Name under which the mask is fed, booleans. */
  readonly mask: string;
  readonly value: string;
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

/**
 * The part of a graph between hidden states, with its weights left in their files.
 * @param replaceable tensors of it that are to be replaceable; they are outputs, too
 */
export function pieceSkeleton(
  analysis: Analysis,
  streams: Streams,
  lineage: Lineage,
  { from, to, notPast }: PieceBounds,
  replaceable: readonly string[] = [],
): PieceSkeleton | NotCutOut {
  const cut = new Cut(analysis, streams, from, { inputs: true, notPast, lineage });
  const reason = cut.collect([to, ...replaceable]);
  if (reason !== undefined) return { reason };
  const { model, index } = analysis;
  const states: ValueInfo[] = from.map(name => ({ name, elementType: cut.typeOf(name) }));
  const reads = [...states, ...cut.declared];
  const inputs: ValueInfo[] = [...reads];
  const overrides = new Map<string, Override>();
  let nodes: readonly Node[] = cut.nodes;
  for (const [i, tensor] of replaceable.entries()) {
    const [mask, value] = [`attention_debugger/replace/${i}`, `attention_debugger/value/${i}`];
    const original = `${tensor}/original`;
    const elementType = from.includes(tensor) ? cut.typeOf(tensor) : elementTypeOf(index, tensor);
    nodes = [
      ...nodes.map(node => renamed(node, tensor, original)),
      makeNode('Where', [mask, value, original], [tensor]),
    ];
    inputs.push({ name: mask, elementType: ElementType.bool }, { name: value, elementType });
    overrides.set(tensor, { mask, value: fedAs({ name: value, elementType }) });
  }
  const graph = {
    nodes,
    initializers: cut.initializers,
    inputs,
    outputs: [...new Set([to, ...replaceable])].map(name => ({
      name,
      elementType: ElementType.undefined,
    })),
  };
  const { opsets, irVersion, functions } = model;
  const skeleton = writeModel(
    widenHalfInputs({ graph, opsets, irVersion, functions }),
    weightsFolder(model),
  );
  return { skeleton, reads: new Map(reads.map(info => [info.name, fedAs(info)])), overrides };
}

function fedAs({ name, elementType }: ValueInfo): string {
  return elementType === ElementType.float16 ? feedName(name) : name;
}

function renamed(node: Node, tensor: string, by: string): Node {
  if (!node.outputs.includes(tensor)) return node;
  return { ...node, outputs: node.outputs.map(name => (name === tensor ? by : name)) };
}
