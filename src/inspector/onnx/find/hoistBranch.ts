import type { Graph, Model } from '../file/types';
import { makeNode } from '../file/writeModel';
import { inputsOf } from '../graph/graphIndex';
import { mayAttend } from './findAttention';

/**
 * Decoders merged by Optimum compute everything inside an `If`, where nothing can be read. The branch
 * without past is put in the place of the `If`; other `If`s stay as they are.
 */
export function hoistBranch(model: Model): Model {
  const { graph } = model;
  if (mayAttend(graph)) return model;
  for (const node of graph.nodes) {
    const branch = ['else_branch', 'then_branch']
      .map(name => node.attributes.get(name)?.graph)
      .find(candidate => candidate && mayAttend(candidate));
    if (node.operator !== 'If' || !branch) continue;
    const renamed = branch.outputs.flatMap(({ name }, i) => {
      const outer = node.outputs[i];
      return outer && outer !== name ? [makeNode('Identity', [name], [outer])] : [];
    });
    const nodes = graph.nodes.flatMap(other =>
      other === node ? [...branch.nodes, ...renamed] : [other],
    );
    const initializers = new Map([...graph.initializers, ...branch.initializers]);
    return { ...model, graph: withoutUnusedInputs({ ...graph, nodes, initializers }) };
  }
  return model;
}

function withoutUnusedInputs(graph: Graph): Graph {
  const used = new Set(graph.nodes.flatMap(inputsOf));
  return { ...graph, inputs: graph.inputs.filter(({ name }) => used.has(name)) };
}
