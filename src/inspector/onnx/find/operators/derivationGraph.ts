import { ElementType, type Node } from '../../file/types';
import { makeNode, type AttributeValue } from '../../file/writeModel';
import type { Derivation } from '../../graph/site';

/** Options of a node that is added to a derivation. */
interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: string;
}

/** Puts together the nodes that take a fused operator apart; every tensor gets a name under its prefix. */
export class DerivationGraph {
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, Derivation['constants'][number]>();
  /** Names of their own by the tensors that get them. */
  readonly #own = new Map<string, string>();

  /** @param prefix a tensor that no other site has, such as the first output of the operator */
  constructor(private readonly prefix: string) {}

  /** Adds a node with one output and returns that. */
  op(operator: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.ops(operator, inputs, 1, options)[0] ?? '';
  }

  /** Adds a node with several outputs and returns them. */
  ops(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    options: NodeOptions = {},
  ): string[] {
    const names = Array.from({ length: outputs }, (_, i) =>
      this.#name(`${operator}${this.#nodes.length}${i ? `/${i}` : ''}`),
    );
    this.#nodes.push(makeNode(operator, inputs, names, options));
    return names;
  }

  /** Gives the result of a node a name of its own, under which people read it in a model's card. */
  named(name: string, tensor: string): string {
    this.#own.set(tensor, this.#name(name));
    return this.#name(name);
  }

  /** A vector of integers. */
  ints(...ints: readonly number[]): string {
    const name = this.#name(`ints/${ints.join()}`);
    this.#constants.set(name, { name, ints });
    return name;
  }

  /** A vector of one number. */
  float(value: number): string {
    const name = this.#name(`float/${value}`);
    this.#constants.set(name, { name, floats: [value] });
    return name;
  }

  /** The tensor in float32. */
  float32(tensor: string): string {
    return this.op('Cast', [tensor], { attributes: { to: ElementType.float } });
  }

  /** Some dimensions of a tensor, as a vector. */
  dims(tensor: string, start: number, end: number): string {
    return this.op('Shape', [tensor], { attributes: { start, end } });
  }

  /** A part of the last dimension, or of another one. */
  slice(tensor: string, start: string, end: string, axis = -1, step = 1): string {
    return this.op('Slice', [tensor, start, end, this.ints(axis), this.ints(step)]);
  }

  concat(axis: number, ...tensors: readonly string[]): string {
    return this.op('Concat', tensors, { attributes: { axis } });
  }

  /** What was put together, to be read by `views`. */
  derivation(views: Derivation['views']): Derivation {
    const renamed = (names: readonly string[]) => names.map(name => this.#own.get(name) ?? name);
    const nodes = this.#nodes.map(node => ({
      ...node,
      inputs: renamed(node.inputs),
      outputs: renamed(node.outputs),
    }));
    return { nodes, constants: [...this.#constants.values()], untyped: [], views };
  }

  #name(part: string): string {
    return `${this.prefix}/${part}`;
  }
}
