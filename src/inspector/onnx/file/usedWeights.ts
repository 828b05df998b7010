import type { Graph, Node, StoredTensor } from './types';

/** Operators that multiply with weights or normalise with them: every input may be a weight. */
const multiplying = new Set([
  'MatMul',
  'Gemm',
  'Einsum',
  'Conv',
  'ConvTranspose',
  'MatMulInteger',
  'ConvInteger',
  'QLinearMatMul',
  'QLinearConv',
  'LSTM',
  'GRU',
  'RNN',
  'LayerNormalization',
  'RMSNormalization',
  'SimplifiedLayerNormalization',
  'GroupNormalization',
  'InstanceNormalization',
  'BatchNormalization',
]);
/** Operators that look rows up in their first input. */
const lookingUp = new Set(['Gather', 'GatherND', 'GatherElements']);
/** What may stand between a stored weight and the operator that reads it. */
const unpacking = new Set([
  'Identity',
  'Cast',
  'CastLike',
  'DequantizeLinear',
  'Transpose',
  'Reshape',
  'Flatten',
  'Unsqueeze',
  'Squeeze',
  'Slice',
  'Split',
  'Concat',
  'Add',
  'Sub',
  'Mul',
  'Div',
]);

/**
 * The weights that a product, a lookup or a normalisation reads on the way from the inputs of a graph
 * to its outputs. Tables that merely lie in the file, and masks, are none of them.
 */
export function usedWeights(graph: Graph): ReadonlySet<StoredTensor> {
  const nodes = withInner(graph.nodes);
  const producers = new Map<string, Node>();
  for (const node of nodes) for (const output of node.outputs) producers.set(output, node);
  const live = reached(
    graph.outputs.map(({ name }) => name),
    name => producers.get(name),
    readBy,
  );
  const consumers = new Map<string, Node[]>();
  for (const node of nodes) {
    for (const name of readBy(node)) {
      const known = consumers.get(name);
      if (known) known.push(node);
      else consumers.set(name, [node]);
    }
  }
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const fed = dependents(
    inputs.map(({ name }) => name),
    consumers,
  );

  const used = new Set<StoredTensor>();
  for (const node of live) {
    if (!fed.has(node)) continue;
    for (const name of weightInputs(node)) {
      const sources = reached(
        [name],
        tensor => {
          const producer = producers.get(tensor);
          return producer && !fed.has(producer) && unpacking.has(producer.operator)
            ? producer
            : undefined;
        },
        ({ inputs }) => inputs,
      );
      for (const tensor of [name, ...[...sources].flatMap(({ inputs }) => inputs)]) {
        const stored = graph.initializers.get(tensor);
        if (stored) used.add(stored);
      }
    }
  }
  return used;
}

/** Inputs of a node that weights may come in by; functions and fused operators read them anywhere. */
function weightInputs({ operator, domain, inputs }: Node): readonly string[] {
  if (domain || multiplying.has(operator)) return inputs;
  return lookingUp.has(operator) ? inputs.slice(0, 1) : [];
}

/** Nodes of a graph and of the graphs inside them. */
function withInner(nodes: readonly Node[]): Node[] {
  return nodes.flatMap(node => [
    node,
    ...[...node.attributes.values()].flatMap(({ graph }) => (graph ? withInner(graph.nodes) : [])),
  ]);
}

/** What a node reads: its inputs, and what the graphs inside it read and return. */
function readBy(node: Node): readonly string[] {
  const inner = [...node.attributes.values()].flatMap(({ graph }) =>
    graph ? [...graph.nodes.flatMap(readBy), ...graph.outputs.map(({ name }) => name)] : [],
  );
  return [...node.inputs, ...inner];
}

/** Nodes that tensors come from, as far as `producerOf` and `inputsOf` lead. */
function reached(
  tensors: readonly string[],
  producerOf: (tensor: string) => Node | undefined,
  inputsOf: (node: Node) => readonly string[],
): ReadonlySet<Node> {
  const found = new Set<Node>();
  const seen = new Set(tensors);
  for (const tensor of seen) {
    const node = producerOf(tensor);
    if (!node || found.has(node)) continue;
    found.add(node);
    for (const input of inputsOf(node)) seen.add(input);
  }
  return found;
}

/** Nodes that depend on some of these tensors. */
function dependents(
  tensors: readonly string[],
  consumers: ReadonlyMap<string, readonly Node[]>,
): ReadonlySet<Node> {
  const found = new Set<Node>();
  const seen = new Set(tensors);
  for (const tensor of seen) {
    for (const node of consumers.get(tensor) ?? []) {
      found.add(node);
      for (const output of node.outputs) seen.add(output);
    }
  }
  return found;
}
