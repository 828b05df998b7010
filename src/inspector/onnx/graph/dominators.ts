import type { Node } from '../file/types';
import type { Analysis } from './analysis';
import { inputsOf } from './graphIndex';
import type { FoundSite } from './site';

/** The root: what comes before every node. */
export const ROOT = -1;

/** Inputs of nodes, by the position of the node. */
export type Edges = ReadonlyMap<number, ReadonlySet<string>>;

/**
 * Which nodes every path of the hidden state must pass. Nodes are positions in the order of execution.
 * Edges of keys and values are cut: from another stack, so that each stack has its own chain, and from an
 * earlier layer, as where layers share keys, so that the chain passes between the layers.
 */
export class Dominators {
  readonly #immediate: Int32Array;
  readonly #depth: Int32Array;
  readonly #predecessors: (readonly number[])[] = [];

  /** @param shortcuts edges that the hidden state is not followed along either */
  constructor(analysis: Analysis, sites: readonly FoundSite[], shortcuts: Edges = new Map()) {
    const { index, labels } = analysis;
    this.#immediate = new Int32Array(index.nodes.length).fill(ROOT);
    this.#depth = new Int32Array(index.nodes.length).fill(1);
    const cut = cutEdges(sites);
    for (const [position, node] of index.nodes.entries()) {
      const before = node.outputs.some(output => labels.isHidden(output))
        ? inputsOf(node)
            .filter(input => labels.isHidden(input) && !cut.get(node)?.has(input))
            .filter(input => !shortcuts.get(position)?.has(input))
            .map(input => index.producer(input))
            .map(producer => (producer ? index.order(producer) : ROOT))
        : [];
      this.#predecessors.push(before);
      const [first = ROOT, ...others] = before;
      const dominator = others.reduce((a, b) => this.common(a, b), first);
      this.#immediate[position] = dominator;
      this.#depth[position] = this.depth(dominator) + 1;
    }
  }

  /** The nearest node that dominates both. */
  common(a: number, b: number): number {
    while (a !== b) {
      if (a === ROOT || b === ROOT) return ROOT;
      if (this.depth(a) >= this.depth(b)) a = this.#immediate[a] ?? ROOT;
      else b = this.#immediate[b] ?? ROOT;
    }
    return a;
  }

  /** The nearest node that every path to a node passes; `ROOT` where there is none. */
  immediate(node: number): number {
    return this.#immediate[node] ?? ROOT;
  }

  /** What the hidden state of a node was computed by after `from`, the node itself included. */
  between(from: number, end: number): ReadonlySet<number> {
    const seen = new Set([end]);
    for (const node of seen) {
      for (const before of this.#predecessors[node] ?? []) {
        if (before !== ROOT && before !== from) seen.add(before);
      }
    }
    return seen;
  }

  /** The dominators of a node from the first to itself. */
  chain(end: number): number[] {
    const chain: number[] = [];
    for (let node = end; node !== ROOT; node = this.#immediate[node] ?? ROOT) chain.push(node);
    return chain.reverse();
  }

  /** Everything that the hidden state of a node was computed by, itself included. */
  ancestors(end: number): ReadonlySet<number> {
    return this.between(ROOT, end);
  }

  /** How many nodes every path to a node passes, itself included; 0 for the root. */
  depth(node: number): number {
    return node === ROOT ? 0 : (this.#depth[node] ?? 0);
  }
}

function cutEdges(sites: readonly FoundSite[]): Map<Node, Set<string>> {
  const cut = new Map<Node, Set<string>>();
  // A query that reads no text, as learned ones, does not lead to the stream: the keys must.
  const cuttable = sites.filter(({ isCross, query }) => isCross || query.sources.size > 0);
  const edges = cuttable.flatMap(site => site.memoryEdges);
  for (const { node, input } of edges) {
    const tensor = node.inputs[input];
    const isQueryToo = node.inputs.some((name, i) => name === tensor && i !== input);
    if (!tensor || isQueryToo) continue;
    const tensors = cut.get(node) ?? new Set();
    cut.set(node, tensors.add(tensor));
  }
  return cut;
}
