import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { MemorySource } from '../../../../src/inspector/onnx/file/byteSource';
import { ProtobufReader } from '../../../../src/inspector/onnx/file/protobufReader';
import {
  ElementType,
  type Attribute,
  type LocalFunction,
  type Node,
  type StoredTensor,
  type ValueInfo,
} from '../../../../src/inspector/onnx/file/types';
import { makeNode, writeModel } from '../../../../src/inspector/onnx/file/writeModel';

/** Removed when the tests have ended. */
const root = mkdtempSync(join(tmpdir(), 'attention-debugger-graphs-'));
process.once('exit', () => rmSync(root, { recursive: true, force: true }));

/** Sizes of the small models below. */
export const small = { vocabulary: 23, width: 12, heads: 3, headDim: 4 } as const;

/** Collects the nodes and weights of a graph; every method returns the name of its result. */
export class GraphBuilder {
  readonly nodes: Node[] = [];
  readonly initializers = new Map<string, StoredTensor>();
  /** What the names of the nodes to come begin with; nodes have no names while it is empty. */
  scope = '';
  #count = 0;
  #seed = 1;

  /** @param prefix keeps the names of a subgraph apart from those around it */
  constructor(private readonly prefix = '') {}

  op(
    operator: string,
    inputs: readonly string[],
    attributes: Parameters<typeof makeNode>[3] = {},
  ): string {
    return this.ops(operator, inputs, 1, attributes)[0] ?? '';
  }

  /** A node with several outputs. */
  ops(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    options: Parameters<typeof makeNode>[3] = {},
  ): string[] {
    const names = Array.from({ length: outputs }, () => `${this.prefix}t${this.#count++}`);
    const node = makeNode(operator, inputs, names, options);
    const name = this.scope && `${this.scope}/${operator}_${this.#count}`;
    this.nodes.push({ ...node, name });
    return names;
  }

  /** A weight with values spread like those of a trained model. */
  weight(...dims: number[]): string {
    const size = dims.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: size }, () => {
      this.#seed = (this.#seed * 16807) % 2147483647;
      return this.#seed / 2147483647 - 0.5;
    });
    return this.floats(values, dims);
  }

  floats(values: Iterable<number>, dims?: readonly number[]): string {
    const data = Float32Array.from(values);
    return this.#store(ElementType.float, dims ?? [data.length], new Uint8Array(data.buffer));
  }

  scalar(value: number): string {
    return this.floats([value], []);
  }

  bytes(values: Iterable<number>, dims: readonly number[]): string {
    return this.#store(ElementType.uint8, dims, Uint8Array.from(values));
  }

  /** A whole number without dimensions. */
  int(value: number): string {
    return this.#store(
      ElementType.int64,
      [],
      new Uint8Array(BigInt64Array.of(BigInt(value)).buffer),
    );
  }

  /** A zero point. */
  byte(value: number): string {
    return this.bytes([value], []);
  }

  ints(...values: number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#store(ElementType.int64, [values.length], new Uint8Array(data.buffer));
  }

  /** Query, key and value, projected from hidden states with weights of their own. */
  project(hidden: string, memory = hidden, heads: number = small.heads): Heads {
    const from = (tensor: string) =>
      this.split(this.op('MatMul', [tensor, this.weight(small.width, small.width)]), heads);
    return { query: from(hidden), key: from(memory), value: from(memory) };
  }

  /** What a layer adds to the residual stream: plain attention and its output projection. */
  attend(heads: Heads): string {
    const context = this.merge(plainAttention(this, heads));
    return this.op('MatMul', [context, this.weight(small.width, small.width)]);
  }

  /** The embeddings of the token ids `[batch, tokens, width]`. */
  embed(ids = 'input_ids'): string {
    return this.op('Gather', [this.weight(small.vocabulary, small.width), ids]);
  }

  /** Logits of a hidden state. */
  head(hidden: string): string {
    return this.op('MatMul', [hidden, this.weight(small.width, small.vocabulary)]);
  }

  /** `[batch, tokens, width]` as `[batch, heads, tokens, headDim]`. */
  split(tensor: string, heads: number = small.heads): string {
    const parted = this.op('Reshape', [tensor, this.ints(0, 0, heads, -1)]);
    return this.op('Transpose', [parted], { attributes: { perm: [0, 2, 1, 3] } });
  }

  /** The way back from `split`. */
  merge(tensor: string): string {
    const turned = this.op('Transpose', [tensor], { attributes: { perm: [0, 2, 1, 3] } });
    return this.op('Reshape', [turned, this.ints(0, 0, -1)]);
  }

  #store(elementType: number, dims: readonly number[], bytes: Uint8Array): string {
    const name = `${this.prefix}w${this.#count++}`;
    this.initializers.set(name, { name, dims, elementType, data: { kind: 'inline', bytes } });
    return name;
  }
}

/** Query, key and value `[batch, heads, tokens, headDim]` of one layer. */
export interface Heads {
  readonly query: string;
  readonly key: string;
  readonly value: string;
}

/**
 * A model of one attention layer: embedding, projections, `attention`, output projection, residual,
 * language head. `attention` returns the head output `[batch, heads, tokens, headDim]`.
 */
export function modelWith(
  attention: (graph: GraphBuilder, heads: Heads, hidden: string) => string,
  options: SaveOptions = {},
): string {
  const graph = new GraphBuilder();
  const { width } = small;
  const hidden = graph.embed();
  const context = graph.merge(attention(graph, graph.project(hidden), hidden));
  const output = graph.op('MatMul', [context, graph.weight(width, width)]);
  return save(graph, graph.head(graph.op('Add', [hidden, output])), options);
}

/** A model with one layer for each attention, one after the other. */
export function modelOf(
  attentions: readonly Parameters<typeof modelWith>[0][],
  options: SaveOptions = {},
): string {
  const graph = new GraphBuilder();
  let hidden = graph.embed();
  for (const attention of attentions) {
    const context = graph.merge(attention(graph, graph.project(hidden), hidden));
    const output = graph.op('MatMul', [context, graph.weight(small.width, small.width)]);
    hidden = graph.op('Add', [hidden, output]);
  }
  return save(graph, graph.head(hidden), options);
}

export interface SaveOptions {
  readonly opset?: number;
  /** Shape of the token ids. */
  readonly shape?: NonNullable<ValueInfo['dims']>;
  /** The input for token ids, where it is not int64 and called `input_ids`. */
  readonly ids?: ValueInfo;
  /** Inputs beside the token ids. */
  readonly inputs?: readonly ValueInfo[];
  readonly functions?: readonly LocalFunction[];
  /** Of the output, where it is not float. */
  readonly outputType?: number;
  /** Contents of config.json beside the graph; none is written where absent. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Writes a graph into a folder of its own and returns the path of the file. */
export function save(graph: GraphBuilder, output: string, options: SaveOptions = {}): string {
  const { opset = 17, shape = ['batch', 'tokens'], inputs = [], functions = [] } = options;
  const { ids = { name: 'input_ids', elementType: ElementType.int64, dims: shape } } = options;
  const { outputType = ElementType.float, config } = options;
  const folder = mkdtempSync(join(root, 'graph-'));
  const path = join(folder, 'model.onnx');
  const model = {
    irVersion: opset < 15 ? 7 : 8,
    opsets: new Map([
      ['', opset],
      ['com.microsoft', 1],
      ...functions.map(({ domain }) => [domain, 1] as const),
    ]),
    functions,
    graph: {
      nodes: graph.nodes,
      initializers: graph.initializers,
      inputs: [ids, ...inputs],
      outputs: [{ name: output, elementType: outputType }],
    },
  };
  writeFileSync(path, writeModel(model, folder));
  if (config) writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return path;
}

/** An attribute that holds a graph. */
export function graphAttribute(
  name: string,
  { nodes, initializers }: GraphBuilder,
  inputs: readonly ValueInfo[],
  outputs: readonly ValueInfo[],
): Attribute {
  const model = {
    irVersion: 8,
    opsets: new Map<string, number>(),
    functions: [],
    graph: { nodes, initializers, inputs, outputs },
  };
  const reader = new ProtobufReader(new MemorySource(writeModel(model, root)));
  while (reader.next() !== 7) reader.skip();
  const message = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(name)
    .tag(6, WireType.LengthDelimited)
    .bytes(reader.bytes())
    .tag(20, WireType.Varint)
    .int32(5)
    .finish();
  return { name, message };
}

/** A function of the domain `local` with the nodes of a graph, which must hold no weights. */
export function localFunction(
  name: string,
  { nodes }: GraphBuilder,
  inputs: readonly string[],
  output: string,
): LocalFunction {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name);
  for (const input of inputs) writer.tag(4, WireType.LengthDelimited).string(input);
  writer.tag(5, WireType.LengthDelimited).string(output);
  const opsets = new Map<string, number>();
  const graph = { nodes, initializers: new Map(), inputs: [], outputs: [] };
  const body = writeModel({ irVersion: 8, opsets, functions: [], graph }, root);
  let reader = new ProtobufReader(new MemorySource(body));
  while (reader.next() !== 7) reader.skip();
  reader = reader.message();
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === 1) writer.tag(7, WireType.LengthDelimited).bytes(reader.bytes());
    else reader.skip();
  }
  for (const [domain, version] of [
    ['', 17],
    ['local', 1],
  ] as const) {
    writer.tag(9, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(domain);
    writer.tag(2, WireType.Varint).int64(version).join();
  }
  writer.tag(10, WireType.LengthDelimited).string('local');
  return { domain: 'local', name, nodes, message: writer.finish() };
}

/** Scaled scores `[batch, heads, tokens, tokens]`. */
export function scaledScores(graph: GraphBuilder, { query, key }: Heads): string {
  const turned = graph.op('Transpose', [key], { attributes: { perm: [0, 1, 3, 2] } });
  const product = graph.op('MatMul', [query, turned]);
  return graph.op('Mul', [product, graph.scalar(0.5)]);
}

/** Ordinary attention without a mask. */
export function plainAttention(graph: GraphBuilder, heads: Heads): string {
  const weights = graph.op('Softmax', [scaledScores(graph, heads)], { attributes: { axis: -1 } });
  return graph.op('MatMul', [weights, heads.value]);
}
