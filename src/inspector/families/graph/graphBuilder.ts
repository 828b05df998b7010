import { makeNode, type AttributeValue } from '../../onnx/file/writeModel';
import {
  ElementType,
  type Graph,
  type Node,
  type StoredTensor,
  type TensorData,
  type ValueInfo,
} from '../../onnx/file/types';

/** The name of a tensor in the graph. */
export type Value = string;
type Attributes = Readonly<Record<string, AttributeValue>>;
type Dims = readonly (number | string)[];

/** The domain of the runtime's own operators. */
export const RUNTIME = 'com.microsoft';

/** Writes an ONNX graph node by node. */
export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, StoredTensor>();
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #made = new Map<string, Value>();
  readonly #names = new Map<string, number>();
  #scope = '';

  /** Names of what is made begin with the scope: `layers.3/attention/MatMul`. */
  in<T>(scope: string, make: () => T): T {
    return this.#within(this.#scope ? `${this.#scope}/${scope}` : scope, make);
  }

  input(name: string, elementType: number, dims: Dims): Value {
    this.#inputs.push({ name, elementType, dims });
    return name;
  }

  output(value: Value, name: string): void {
    this.#nodes.push(makeNode('Identity', [value], [name]));
    this.#outputs.push({ name, elementType: ElementType.float });
  }

  /** Adds a node of one output. Inputs that are left out are empty. */
  op(operator: string, inputs: readonly Value[], attributes: Attributes = {}, domain = ''): Value {
    const name = this.#unique(operator);
    this.#nodes.push({ ...makeNode(operator, inputs, [name], { attributes, domain }), name });
    return name;
  }

  /** Cuts a tensor along a dimension into as many parts as there are sizes. */
  split<S extends readonly number[]>(
    value: Value,
    sizes: S,
    axis: number,
  ): { [I in keyof S]: Value } {
    return this.#several('Split', [value, this.ints(sizes)], sizes, axis);
  }

  /** The largest numbers of the last dimension, and where they are. */
  largest(value: Value, count: number): readonly [Value, Value] {
    return this.#several('TopK', [value, this.ints([count])], ['values', 'indices'] as const, -1);
  }

  /** The same value for the same key, made once, outside of all scopes. */
  once(key: string, make: () => Value): Value {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const value = this.#within('', make);
    this.#made.set(key, value);
    return value;
  }

  float(value: number): Value {
    return this.floats([value], []);
  }

  floats(values: ArrayLike<number>, dims: readonly number[] = [values.length]): Value {
    return this.#constant(ElementType.float, dims, Float32Array.from(values));
  }

  int(value: number): Value {
    return this.ints([value], []);
  }

  ints(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    return this.#constant(ElementType.int64, dims, BigInt64Array.from(values, BigInt));
  }

  /** A tensor under a name of its own, wherever its bytes lie. */
  initializer(name: string, elementType: number, dims: readonly number[], data: TensorData): Value {
    this.#initializers.set(name, { name, elementType, dims, data });
    return name;
  }

  /** Adds a node whose output is called `name`. */
  named(name: Value, operator: string, inputs: readonly Value[], attributes: Attributes): Value {
    this.#nodes.push(makeNode(operator, inputs, [name], { attributes }));
    return name;
  }

  /** What was written so far. */
  get graph(): Graph {
    return {
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
  }

  #several<S extends readonly unknown[]>(
    operator: string,
    inputs: readonly Value[],
    parts: S,
    axis: number,
  ): { [I in keyof S]: Value } {
    const name = this.#unique(operator);
    const outputs = parts.map((_, i) => `${name}:${i}`);
    this.#nodes.push({ ...makeNode(operator, inputs, outputs, { attributes: { axis } }), name });
    return outputs as { [I in keyof S]: Value };
  }

  #constant(
    elementType: number,
    dims: readonly number[],
    values: Float32Array | BigInt64Array,
  ): Value {
    const bytes = new Uint8Array(values.buffer);
    const key = `constant ${elementType} [${dims.join()}] ${Buffer.from(bytes).toString('base64')}`;
    return this.once(key, () =>
      this.initializer(`constant.${this.#initializers.size}`, elementType, dims, {
        kind: 'inline',
        bytes,
      }),
    );
  }

  #within<T>(scope: string, make: () => T): T {
    const before = this.#scope;
    this.#scope = scope;
    try {
      return make();
    } finally {
      this.#scope = before;
    }
  }

  #unique(operator: string): string {
    const base = this.#scope ? `${this.#scope}/${operator}` : operator;
    const count = this.#names.get(base) ?? 0;
    this.#names.set(base, count + 1);
    return count ? `${base}_${count}` : base;
  }
}
