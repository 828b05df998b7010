import { relative, sep } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Attribute, Graph, Model, Node, StoredTensor, ValueInfo } from './types';

/**
 * Serializes a model; weights in files become external data relative to `folder`, so that the
 * result is small and the runtime maps them from where they lie.
 */
export function writeModel(
  model: Omit<Model, 'path' | 'files' | 'fileSize'>,
  folder: string,
): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(model.irVersion);
  for (const [domain, version] of model.opsets) {
    writer.tag(8, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(domain);
    writer.tag(2, WireType.Varint).int64(version).join();
  }
  writer.tag(7, WireType.LengthDelimited).fork();
  writeGraph(writer, model.graph, folder);
  writer.join();
  for (const { message } of model.functions) {
    writer.tag(25, WireType.LengthDelimited).bytes(message);
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: Graph, folder: string): void {
  writer.tag(2, WireType.LengthDelimited).string('graph');
  for (const node of graph.nodes) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writeNode(writer, node);
    writer.join();
  }
  for (const tensor of graph.initializers.values()) {
    writer.tag(5, WireType.LengthDelimited).fork();
    writeTensor(writer, tensor, folder);
    writer.join();
  }
  for (const [field, values] of [
    [11, graph.inputs],
    [12, graph.outputs],
  ] as const) {
    for (const value of values) {
      writer.tag(field, WireType.LengthDelimited).fork();
      writeValueInfo(writer, value);
      writer.join();
    }
  }
}

function writeNode(writer: BinaryWriter, node: Node): void {
  for (const input of node.inputs) writer.tag(1, WireType.LengthDelimited).string(input);
  for (const output of node.outputs) writer.tag(2, WireType.LengthDelimited).string(output);
  writer.tag(3, WireType.LengthDelimited).string(node.name);
  writer.tag(4, WireType.LengthDelimited).string(node.operator);
  for (const attribute of node.attributes.values()) {
    writer.tag(5, WireType.LengthDelimited).bytes(attribute.message);
  }
  if (node.domain) writer.tag(7, WireType.LengthDelimited).string(node.domain);
  if (node.overload) writer.tag(8, WireType.LengthDelimited).string(node.overload);
}

function writeTensor(writer: BinaryWriter, tensor: StoredTensor, folder: string): void {
  writer.tag(8, WireType.LengthDelimited).string(tensor.name);
  if (tensor.data.kind === 'message') {
    writer.raw(tensor.data.message);
    return;
  }
  for (const dim of tensor.dims) writer.tag(1, WireType.Varint).int64(dim);
  writer.tag(2, WireType.Varint).int32(tensor.elementType);
  if (tensor.data.kind === 'inline') {
    writer.tag(9, WireType.LengthDelimited).bytes(tensor.data.bytes);
    return;
  }
  const { path, offset, length } = tensor.data;
  const location = relative(folder, path).split(sep).join('/');
  for (const [key, value] of Object.entries({ location, offset, length })) {
    writer.tag(13, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).string(String(value)).join();
  }
  writer.tag(14, WireType.Varint).int32(1);
}

function writeValueInfo(writer: BinaryWriter, { name, elementType, dims }: ValueInfo): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  if (!elementType) return;
  writer.tag(2, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).int32(elementType);
  if (dims) {
    writer.tag(2, WireType.LengthDelimited).fork();
    for (const dim of dims) {
      writer.tag(1, WireType.LengthDelimited).fork();
      if (typeof dim === 'number') writer.tag(1, WireType.Varint).int64(dim);
      else if (dim !== undefined) writer.tag(2, WireType.LengthDelimited).string(dim);
      writer.join();
    }
    writer.join();
  }
  writer.join().join();
}

/** Builds a node; attribute values are integers, integer lists, strings, or floats given as `{ float }`. */
export function makeNode(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  options: {
    readonly attributes?: Readonly<Record<string, AttributeValue>>;
    readonly copied?: Iterable<Attribute>;
    readonly domain?: string;
  } = {},
): Node {
  const attributes = new Map<string, Attribute>();
  for (const attribute of options.copied ?? []) attributes.set(attribute.name, attribute);
  for (const [name, value] of Object.entries(options.attributes ?? {})) {
    attributes.set(name, makeAttribute(name, value));
  }
  return {
    operator,
    domain: options.domain ?? '',
    // Names of nodes are optional but must differ from the model's own.
    name: '',
    overload: '',
    inputs,
    outputs,
    attributes,
  };
}

export type AttributeValue = number | readonly number[] | string | { readonly float: number };

function makeAttribute(name: string, value: AttributeValue): Attribute {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(name);
  const type = (code: number) => writer.tag(20, WireType.Varint).int32(code).finish();
  if (typeof value === 'number') {
    writer.tag(3, WireType.Varint).int64(value);
    return { name, int: value, message: type(2) };
  }
  if (typeof value === 'string') {
    writer.tag(4, WireType.LengthDelimited).string(value);
    return { name, string: value, message: type(3) };
  }
  if ('float' in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    return { name, float: value.float, message: type(1) };
  }
  for (const int of value) writer.tag(8, WireType.Varint).int64(int);
  return { name, ints: value, message: type(7) };
}
