import { closeSync, openSync, writeSync } from 'node:fs';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { ElementType, type Node, type StoredTensor } from '../../src/inspector/onnx/file/types';
import { makeNode, writeModel } from '../../src/inspector/onnx/file/writeModel';

/** Sizes of a transformer. */
export interface Shape {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly isCausal: boolean;
  /** It takes an attention mask, which hides padding. */
  readonly hasMask?: boolean;
}

export const shapes = {
  'bert-base': {
    layers: 12,
    heads: 12,
    width: 768,
    vocabulary: 30522,
    positions: 1024,
    isCausal: false,
  },
  gpt2: { layers: 12, heads: 12, width: 768, vocabulary: 50257, positions: 1024, isCausal: true },
} as const satisfies Record<string, Shape>;

/**
 * Writes a model of this shape with random weights, as an exporter would: one file that holds its weights.
 * The weights are written one after the other, so that a model of any size can be made.
 */
export function makeModel(path: string, shape: Shape): void {
  const nodes: Node[] = [];
  const weights: { readonly name: string; readonly dims: readonly number[] }[] = [];
  const constants = new Map<string, StoredTensor>();
  const output = transformer(shape, nodes, weights, constants);

  // Everything but the weights goes through the ordinary writer; a second part of the graph follows for each of them.
  const graph = {
    nodes,
    initializers: constants,
    inputs: ['input_ids', ...(shape.hasMask ? ['attention_mask'] : [])].map(name => ({
      name,
      elementType: ElementType.int64,
      dims: ['batch', 'tokens'],
    })),
    outputs: [
      { name: output, elementType: ElementType.float, dims: ['batch', 'tokens', shape.vocabulary] },
    ],
  };
  const opsets = new Map([['', 17]]);
  const small = writeModel({ graph, irVersion: 8, opsets, functions: [] }, '/');
  const file = openSync(path, 'w');
  writeSync(file, small);
  let seed = 1;
  for (const { name, dims } of weights) {
    const values = new Float32Array(dims.reduce((a, b) => a * b, 1));
    // Spread so that activations neither vanish nor explode.
    const spread = dims.length > 1 ? 2 * Math.sqrt(3 / (dims[0] ?? 1)) : 0.1;
    for (let i = 0; i < values.length; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      values[i] = (seed / 2 ** 32 - 0.5) * spread;
    }
    writeSync(file, graphWithWeight(name, dims, values.byteLength));
    writeSync(file, new Uint8Array(values.buffer));
  }
  closeSync(file);
}

/** The start of a `ModelProto` field that adds one initializer to the graph; its `bytes` follow. */
function graphWithWeight(name: string, dims: readonly number[], bytes: number): Uint8Array {
  const tensor = new BinaryWriter();
  for (const dim of dims) tensor.tag(1, WireType.Varint).int64(dim);
  tensor.tag(2, WireType.Varint).int32(ElementType.float);
  tensor.tag(8, WireType.LengthDelimited).string(name);
  const head = tensor.tag(9, WireType.LengthDelimited).uint32(bytes).finish();
  const initializer = new BinaryWriter()
    .tag(5, WireType.LengthDelimited)
    .uint32(head.length + bytes)
    .raw(head)
    .finish();
  return new BinaryWriter()
    .tag(7, WireType.LengthDelimited)
    .uint32(initializer.length + bytes)
    .raw(initializer)
    .finish();
}

function transformer(
  { layers, heads, width, vocabulary, positions, isCausal, hasMask = false }: Shape,
  nodes: Node[],
  weights: { readonly name: string; readonly dims: readonly number[] }[],
  constants: Map<string, StoredTensor>,
): string {
  let count = 0;
  const op = (
    operator: string,
    inputs: string[],
    attributes: Record<string, number | number[]> = {},
  ) => {
    const name = `t${count++}`;
    nodes.push(makeNode(operator, inputs, [name], { attributes }));
    return name;
  };
  const weight = (...dims: number[]) => {
    const name = `weight${count++}`;
    weights.push({ name, dims });
    return name;
  };
  const store = (elementType: number, dims: number[], bytes: Uint8Array) => {
    const name = `constant${count++}`;
    constants.set(name, { name, dims, elementType, data: { kind: 'inline', bytes } });
    return name;
  };
  const ints = (...values: number[]) =>
    store(
      ElementType.int64,
      [values.length],
      new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
    );
  const float = (value: number) =>
    store(ElementType.float, [], new Uint8Array(Float32Array.of(value).buffer));
  const linear = (x: string, from: number, to: number) =>
    op('Add', [op('MatMul', [x, weight(from, to)]), weight(to)]);
  const norm = (x: string) => op('LayerNormalization', [x, weight(width), weight(width)]);
  const split = (x: string) =>
    op('Transpose', [op('Reshape', [x, ints(0, 0, heads, -1)])], { perm: [0, 2, 1, 3] });

  const length = op('Slice', [op('Shape', ['input_ids']), ints(1), ints(2)]);
  const rows = op('Slice', [weight(positions, width), ints(0), length, ints(0)]);
  let x = op('Add', [op('Gather', [weight(vocabulary, width), 'input_ids']), rows]);
  if (!isCausal) x = norm(x);
  const hidden = () => {
    const isText = op('Cast', ['attention_mask'], { to: ElementType.float });
    const lowest = op('Mul', [op('Sub', [float(1), isText]), float(-3.4e38)]);
    return op('Unsqueeze', [lowest, ints(1, 2)]);
  };
  const mask = isCausal ? causalMask(op, float, store, length) : hasMask ? hidden() : undefined;
  for (let layer = 0; layer < layers; layer++) {
    const input = isCausal ? norm(x) : x;
    const [query, key, value] = [0, 1, 2].map(() => split(linear(input, width, width)));
    const product = op('MatMul', [
      query ?? '',
      op('Transpose', [key ?? ''], { perm: [0, 1, 3, 2] }),
    ]);
    const scores = op('Div', [product, float(Math.sqrt(width / heads))]);
    const masked = mask ? op('Add', [scores, mask]) : scores;
    const context = op('MatMul', [op('Softmax', [masked], { axis: -1 }), value ?? '']);
    const merged = op('Reshape', [
      op('Transpose', [context], { perm: [0, 2, 1, 3] }),
      ints(0, 0, -1),
    ]);
    const attended = op('Add', [x, linear(merged, width, width)]);
    const middle = norm(attended);
    const wide = linear(middle, width, 4 * width);
    const gate = op('Add', [op('Erf', [op('Div', [wide, float(Math.SQRT2)])]), float(1)]);
    const gelu = op('Mul', [op('Mul', [wide, gate]), float(0.5)]);
    const output = linear(gelu, 4 * width, width);
    x = isCausal ? op('Add', [attended, output]) : norm(op('Add', [middle, output]));
  }
  return op('MatMul', [isCausal ? norm(x) : x, weight(width, vocabulary)]);
}

/** 0 at and below the diagonal, the lowest float above it `[length, length]`. */
function causalMask(
  op: (
    operator: string,
    inputs: string[],
    attributes?: Record<string, number | number[]>,
  ) => string,
  float: (value: number) => string,
  store: (elementType: number, dims: number[], bytes: Uint8Array) => string,
  length: string,
): string {
  const square = op('Concat', [length, length], { axis: 0 });
  const full = op('Expand', [float(-3.4e38), square]);
  const one = store(ElementType.int64, [], new Uint8Array(BigInt64Array.of(1n).buffer));
  return op('Trilu', [full, one], { upper: 1 });
}
