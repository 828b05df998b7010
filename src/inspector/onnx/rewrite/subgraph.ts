import type { Node } from '../file/types';
import { makeNode, writeModel } from '../file/writeModel';
import type { Analysis } from '../graph/analysis';
import { elementTypeOf } from '../graph/elementTypes';
import { inputsOf, type GraphIndex } from '../graph/graphIndex';
import { widenHalfInputs } from './halfInputs';
import { weightsFolder } from './instrument';

/** A small model that computes some tensors of a graph and nothing that they do not need. */
export interface Subgraph {
  readonly bytes: Uint8Array;
  /** Names of its inputs, as they are fed. */
  readonly inputs: readonly string[];
  /** Name of the output that holds each wanted tensor, in their order. */
  readonly outputs: readonly string[];
}

/**
 * The nodes that lead to some tensors, in the order of execution, and all tensors that they need.
 * @param given tensors whose nodes are not looked for
 */
export function leadingTo(
  index: GraphIndex,
  tensors: readonly string[],
  given: ReadonlySet<string> = new Set(),
): { readonly nodes: readonly Node[]; readonly needed: ReadonlySet<string> } {
  const needed = new Set(tensors);
  const nodes = new Set<Node>();
  for (const tensor of needed) {
    const node = given.has(tensor) ? undefined : index.producer(tensor);
    if (!node) continue;
    nodes.add(node);
    for (const input of inputsOf(node)) needed.add(input);
  }
  return { nodes: index.nodes.filter(node => nodes.has(node)), needed };
}

/**
 * Cuts out of a graph what leads to `tensors`, which may be computed, stored or inputs.
 * @param given computed tensors that are fed to it
 */
export function subgraph(
  { model, index }: Analysis,
  tensors: readonly string[],
  given: ReadonlySet<string> = new Set(),
): Subgraph {
  const { nodes, needed } = leadingTo(index, tensors, given);
  const fed = [...given].filter(name => needed.has(name));
  const { graph } = model;
  const names = tensors.map((_, i) => `attention_debugger/read/${i}`);
  const copies = tensors.map((tensor, i) => makeNode('Identity', [tensor], [names[i] ?? '']));
  const { graph: widened } = widenHalfInputs({
    graph: {
      nodes: [...nodes, ...copies],
      initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name))),
      inputs: [
        ...graph.inputs.filter(({ name }) => needed.has(name)),
        ...fed.map(name => ({ name, elementType: elementTypeOf(index, name) })),
      ],
      outputs: names.map(name => ({ name, elementType: 0 })),
    },
  });
  return {
    bytes: writeModel({ ...model, graph: widened }, weightsFolder(model)),
    inputs: widened.inputs.map(({ name }) => name).filter(name => !widened.initializers.has(name)),
    outputs: names,
  };
}
