import type { Graph, Node, StoredTensor, ValueInfo } from '../file/types';
import type { GraphIndex } from '../graph/graphIndex';

/** Changes to a graph, collected one after the other; the graph itself stays as it is. */
export class GraphEdit {
  readonly inputs: ValueInfo[];
  readonly initializers: Map<string, StoredTensor>;
  readonly #changed = new Map<Node, Node>();
  readonly #added: Node[] = [];

  constructor(private readonly index: GraphIndex) {
    this.inputs = [...index.graph.inputs];
    this.initializers = new Map(index.graph.initializers);
  }

  /** A node as it is by now. */
  current(node: Node): Node {
    return this.#changed.get(node) ?? node;
  }

  replace(node: Node, by: Partial<Pick<Node, 'inputs' | 'outputs'>>): void {
    this.#changed.set(node, { ...this.current(node), ...by });
  }

  replaceInput(node: Node, input: number, by: string): void {
    const { inputs } = this.current(node);
    this.replace(node, { inputs: inputs.map((name, i) => (i === input ? by : name)) });
  }

  add(...nodes: readonly Node[]): void {
    this.#added.push(...nodes);
  }

  addConstants(constants: readonly StoredTensor[]): void {
    for (const constant of constants) this.initializers.set(constant.name, constant);
  }

  /** Gives a tensor another name where it is made, so that its own name is free for what replaces it. */
  rename(tensor: string, by: string): void {
    const renamed = (node: Node) => node.outputs.map(name => (name === tensor ? by : name));
    const at = this.#added.findIndex(({ outputs }) => outputs.includes(tensor));
    const added = this.#added[at];
    const producer = this.index.producer(tensor);
    const stored = this.initializers.get(tensor);
    if (added) this.#added[at] = { ...added, outputs: renamed(added) };
    else if (producer) this.replace(producer, { outputs: renamed(this.current(producer)) });
    else if (stored) {
      this.initializers.delete(tensor);
      this.initializers.set(by, { ...stored, name: by });
      // Old files list their weights among the inputs too.
      const listed = this.inputs.findIndex(({ name }) => name === tensor);
      if (listed >= 0) this.inputs.splice(listed, 1);
    }
  }

  /** Nodes that were put into the graph. */
  get added(): readonly Node[] {
    return this.#added;
  }

  /** The graph with all changes. */
  graph(): Graph {
    const nodes = [...this.index.nodes.map(node => this.current(node)), ...this.#added];
    const { inputs, initializers } = this;
    return { ...this.index.graph, nodes, inputs, initializers };
  }
}
