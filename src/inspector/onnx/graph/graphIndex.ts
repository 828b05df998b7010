import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import type { Graph, Node } from '../file/types';

/** Who makes and who reads each tensor, and in which order nodes run. */
export class GraphIndex {
  /** Every node after those that it reads from. */
  readonly nodes: readonly Node[];
  readonly #order = new Map<Node, number>();
  readonly #producers = new Map<string, Node>();
  readonly #consumers = new Map<string, Node[]>();

  constructor(readonly graph: Graph) {
    for (const node of graph.nodes) {
      for (const output of node.outputs.filter(Boolean)) {
        if (this.#producers.has(output) || graph.initializers.has(output)) {
          throw broken(`two nodes write the tensor “${shortened(output)}”`);
        }
        this.#producers.set(output, node);
      }
    }
    this.nodes = this.#sorted(graph.nodes);
    for (const [position, node] of this.nodes.entries()) {
      this.#order.set(node, position);
      for (const input of new Set(inputsOf(node))) {
        const readers = this.#consumers.get(input);
        if (readers) readers.push(node);
        else this.#consumers.set(input, [node]);
      }
    }
  }

  producer(tensor: string | undefined): Node | undefined {
    return tensor ? this.#producers.get(tensor) : undefined;
  }

  consumers(tensor: string): readonly Node[] {
    return this.#consumers.get(tensor) ?? [];
  }

  /** Position in the order of execution. */
  order(node: Node): number {
    return this.#order.get(node) ?? -1;
  }

  /** Depth-first order that keeps the file's own where that is valid. */
  #sorted(nodes: readonly Node[]): Node[] {
    const sorted: Node[] = [];
    const state = new Map<Node, 'open' | 'done'>();
    for (const root of nodes) {
      const stack = [root];
      for (let node = stack.at(-1); node; node = stack.at(-1)) {
        if (state.get(node) === 'done') {
          stack.pop();
          continue;
        }
        const missing = inputsOf(node)
          .map(input => this.#producers.get(input))
          .filter(producer => producer !== undefined && state.get(producer) !== 'done');
        if (missing.some(producer => producer && state.get(producer) === 'open')) {
          throw broken(`the node “${shortened(node.name)}” depends on itself`);
        }
        if (missing.length === 0) {
          state.set(node, 'done');
          sorted.push(node);
          stack.pop();
        } else {
          state.set(node, 'open');
          for (const producer of missing) if (producer) stack.push(producer);
        }
      }
    }
    return sorted;
  }
}

/** What a node reads: its inputs, and what its subgraphs take from outside. */
export function inputsOf(node: Node): readonly string[] {
  const graphs = [...node.attributes.values()].flatMap(({ graph }) => graph ?? []);
  if (graphs.length === 0) return node.inputs.filter(Boolean);
  return [...node.inputs.filter(Boolean), ...graphs.flatMap(outerNames)];
}

/** Names that a subgraph uses without defining them. */
function outerNames(graph: Graph): string[] {
  const own = new Set([
    ...graph.initializers.keys(),
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const used = [...graph.nodes.flatMap(inputsOf), ...graph.outputs.map(({ name }) => name)];
  return used.filter(name => !own.has(name));
}

function broken(what: string): InspectorError {
  return new InspectorError(
    'model-broken',
    `The model's graph is invalid: ${what}. Export it again.`,
  );
}
