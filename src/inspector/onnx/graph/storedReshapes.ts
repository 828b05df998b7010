import { bytesToElements } from '../file/elements';
import type { Graph, Model, Node, StoredTensor } from '../file/types';

/**
 * Puts a weight of that shape in the place of each `Reshape` of a stored one: the bytes in the file are
 * the same. The runtime would make a copy of them in memory while it opens the graph.
 */
export function withStoredReshapes(model: Model): Model {
  const { graph } = model;
  const initializers = new Map(graph.initializers);
  const fixed = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  const nodes = graph.nodes.filter(node => {
    const reshaped = fixed.has(node.outputs[0] ?? '') ? undefined : ofStored(node, graph, fixed);
    if (reshaped) initializers.set(reshaped.name, reshaped);
    return reshaped === undefined;
  });
  if (nodes.length === graph.nodes.length) return model;
  return { ...model, graph: { ...graph, nodes, initializers } };
}

/** @param fed what can be given another value than the stored one, and what is put out */
function ofStored(
  { operator, domain, inputs, outputs }: Node,
  { initializers }: Graph,
  fed: ReadonlySet<string>,
): StoredTensor | undefined {
  const [from = '', to = ''] = inputs;
  const [stored, shape] = [initializers.get(from), initializers.get(to)];
  const [name] = outputs;
  if (operator !== 'Reshape' || domain || !name || fed.has(from) || fed.has(to)) return undefined;
  if (stored?.data.kind !== 'file' || shape?.data.kind !== 'inline') return undefined;
  const dims = bytesToElements(shape.data.bytes, shape.elementType);
  const size = (all: readonly number[]) => all.reduce((a, b) => a * b, 1);
  // Sizes that are kept or follow from the rest are left to the runtime.
  if (!dims?.every(dim => dim > 0) || size(dims) !== size(stored.dims)) return undefined;
  return { ...stored, name, dims };
}
