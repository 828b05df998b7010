import { closeSync, openSync, readSync } from 'node:fs';
import { bytesToElements, elementSize } from '../file/elements';
import type { Node, StoredTensor } from '../file/types';
import type { GraphIndex } from './graphIndex';

/** What is known about a tensor that does not depend on the inputs. */
export interface Constant {
  readonly dims: readonly number[];
  /** Its elements, where they are few. */
  readonly values?: readonly number[];
  /** The initializer that it is, perhaps reshaped. */
  readonly stored?: StoredTensor;
}

const passing = new Set(['Identity', 'Cast', 'CastLike', 'Unsqueeze', 'Squeeze', 'Reshape']);
const renaming = new Set(['DequantizeLinear']);
const scalarMaths: Readonly<Record<string, (a: number, b: number) => number>> = {
  Abs: a => Math.abs(a),
  Add: (a, b) => a + b,
  Exp: a => Math.exp(a),
  Log: a => Math.log(a),
  Sqrt: a => Math.sqrt(a),
  Sub: (a, b) => a - b,
  Reciprocal: a => 1 / a,
  Neg: a => -a,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
};
/** Chains of constant nodes are short; a longer one is not worth the stack. */
const maximumDepth = 32;

/** Folds the constant part of a graph as far as finding attention needs it. */
export class Constants {
  readonly #known = new Map<string, Constant | undefined>();
  constructor(private readonly index: GraphIndex) {}

  of(tensor: string | undefined): Constant | undefined {
    return tensor ? this.#fold(tensor, 0) : undefined;
  }

  /** The value of a constant with one element. */
  scalar(tensor: string | undefined): number | undefined {
    const values = this.of(tensor)?.values;
    return values?.length === 1 ? values[0] : undefined;
  }

  #fold(tensor: string, depth: number): Constant | undefined {
    if (this.#known.has(tensor)) return this.#known.get(tensor);
    const constant = depth > maximumDepth ? undefined : this.#compute(tensor, depth);
    this.#known.set(tensor, constant);
    return constant;
  }

  /** A tensor of one value, of a shape that is constant itself: without dimensions, a scalar. */
  #filled({ inputs, attributes }: Node, depth: number): Constant | undefined {
    const shape = this.#fold(inputs[0] ?? '', depth + 1);
    const dims = shape?.dims[0] === 0 ? [] : shape?.values;
    if (!dims || dims.length > mostDimensions) return undefined;
    const filling = attributes.get('value')?.tensor;
    const values = filling
      ? filling.data.kind === 'inline' && bytesToElements(filling.data.bytes, filling.elementType)
      : [0];
    return { dims, ...(dims.every(dim => dim === 1) && values ? { values } : {}) };
  }

  /** Its elements stand in another order than the stored ones, unless it is a vector. */
  #transposed({ inputs, attributes }: Node, depth: number): Constant | undefined {
    const { dims, values, stored } = this.#fold(inputs[0] ?? '', depth + 1) ?? {};
    if (!dims) return undefined;
    const order = attributes.get('perm')?.ints ?? dims.map((_, axis) => dims.length - 1 - axis);
    const isVector = dims.filter(dim => dim !== 1).length <= 1;
    return {
      dims: order.map(axis => dims[axis] ?? 1),
      ...(isVector && values ? { values } : {}),
      ...(isVector && stored ? { stored } : {}),
    };
  }

  /** A part of a constant whose bounds are constant themselves: its shape is known. */
  #sliced({ inputs }: Node, depth: number): Constant | undefined {
    const [of, ...bounds] = inputs.map(input => (input ? this.#fold(input, depth + 1) : undefined));
    const [starts, ends, axes, steps] = bounds.map(bound => bound?.values);
    if (!of || !starts || !ends || (inputs[3] && !axes) || (inputs[4] && !steps)) return undefined;
    const dims = [...of.dims];
    for (const [i, from] of starts.entries()) {
      const axis = (axes?.[i] ?? i) + ((axes?.[i] ?? i) < 0 ? dims.length : 0);
      const size = dims[axis] ?? 0;
      const at = (bound: number) => Math.min(size, Math.max(0, bound < 0 ? bound + size : bound));
      const step = steps?.[i] ?? 1;
      if (step < 1) return undefined;
      dims[axis] = Math.max(0, Math.ceil((at(ends[i] ?? size) - at(from)) / step));
    }
    const isWhole = dims.every((dim, axis) => dim === of.dims[axis]);
    return isWhole ? of : { dims };
  }

  #compute(tensor: string, depth: number): Constant | undefined {
    const stored = this.index.graph.initializers.get(tensor);
    if (stored) {
      const values =
        stored.data.kind === 'inline' && bytesToElements(stored.data.bytes, stored.elementType);
      return { dims: stored.dims, stored, ...(values ? { values } : {}) };
    }
    const node = this.index.producer(tensor);
    if (!node) return undefined;
    const [first] = node.inputs;
    if (first && (passing.has(node.operator) || renaming.has(node.operator))) {
      const constant = this.#fold(first, depth + 1);
      if (!constant) return undefined;
      if (
        node.operator === 'Cast' ||
        node.operator === 'CastLike' ||
        node.operator === 'Identity'
      ) {
        return constant;
      }
      const { dims, values, stored } = constant;
      const keep = values?.length === 1 && node.operator !== 'DequantizeLinear';
      const isReshape = node.operator === 'Reshape';
      const shape = isReshape ? this.#fold(node.inputs[1] ?? '', depth + 1) : undefined;
      return {
        dims: reshaped(dims, shape?.values) ?? dims,
        ...(keep ? { values } : {}),
        ...(stored ? { stored } : {}),
      };
    }
    if (node.operator === 'Transpose') return this.#transposed(node, depth);
    if (node.operator === 'Slice') return this.#sliced(node, depth);
    if (node.operator === 'ConstantOfShape') return this.#filled(node, depth);
    const compute = scalarMaths[node.operator];
    if (!compute || node.domain) return undefined;
    const operands = node.inputs.map(input => this.#fold(input, depth + 1));
    if (!operands.every(operand => operand !== undefined)) return undefined;
    // A table that is stored in bytes and multiplied with its scales is as constant as they are.
    if (!operands.every(({ values }) => values?.length === 1)) {
      return { dims: broadcast(operands.map(({ dims }) => dims)) };
    }
    const [a, b] = operands.map(({ values }) => values?.[0]);
    return { dims: [], values: [compute(a ?? NaN, b ?? NaN)] };
  }
}

/** The dimensions that `Reshape` gives: 0 keeps one, −1 takes what is left; undefined where they are not known. */
function reshaped(
  dims: readonly number[],
  wanted: readonly number[] | undefined,
): readonly number[] | undefined {
  if (!wanted || wanted.length > mostDimensions) return undefined;
  const product = (all: readonly number[]) => all.reduce((a, b) => a * b, 1);
  const kept = wanted.map((dim, axis) => (dim === 0 ? (dims[axis] ?? 0) : dim));
  const rest = product(dims) / product(kept.filter(dim => dim !== -1));
  const made = kept.map(dim => (dim === -1 ? rest : dim));
  return product(made) === product(dims) && made.every(Number.isInteger) ? made : undefined;
}

/** More dimensions than this has no tensor. */
const mostDimensions = 8;

/** The shape of an elementwise result. */
function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map(dims => dims[axis - rank + dims.length] ?? 1)),
  );
}

/** Reads a few elements of a tensor from where it lies; undefined for encodings that are no plain numbers. */
export function readElements(
  tensor: StoredTensor,
  from: number,
  count: number,
): readonly number[] | undefined {
  const { data, elementType } = tensor;
  const size = elementSize(elementType);
  if (data.kind === 'inline') {
    return bytesToElements(data.bytes, elementType)?.slice(from, from + count);
  }
  if (data.kind !== 'file' || (from + count) * size > data.length) return undefined;
  const bytes = new Uint8Array(count * size);
  const descriptor = openSync(data.path, 'r');
  try {
    readSync(descriptor, bytes, 0, bytes.length, data.offset + from * size);
  } finally {
    closeSync(descriptor);
  }
  return bytesToElements(bytes, elementType);
}
