import { basename } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import { openModelFile, type ByteSource } from './byteSource';
import { constantTensor } from './constantNode';
import { ExternalFiles } from './externalData';
import { MalformedMessage, ProtobufReader } from './protobufReader';
import { readTensor } from './readTensor';
import type {
  Attribute,
  Graph,
  LocalFunction,
  Model,
  Node,
  StoredTensor,
  ValueInfo,
} from './types';

/** Subgraphs deeper than this are no model that anybody exported. */
const maximumDepth = 8;

/**
 * Reads the graph of an `.onnx` file of any size; weights stay on disk.
 * @throws InspectorError `model-missing`, `model-broken`
 */
export function readModel(path: string): Model {
  const { source, realPath } = openModelFile(path);
  try {
    return readModelFrom(source, realPath, new ExternalFiles(realPath, source, path));
  } catch (cause) {
    if (!(cause instanceof MalformedMessage)) throw cause;
    throw new InspectorError(
      'model-broken',
      `${path} is not a complete ONNX file (${cause.message}): download or export it again.`,
      { cause },
    );
  } finally {
    source.close();
  }
}

/** Reads a `ModelProto`. */
function readModelFrom(source: ByteSource, path: string, files: ExternalFiles): Model {
  const reader = new ProtobufReader(source);
  const opsets = new Map<string, number>();
  const functions: LocalFunction[] = [];
  let graph: Graph | undefined;
  let irVersion = 0;
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === 1) irVersion = reader.int();
    else if (field === 7) graph = merged(graph, readGraph(reader.message(), files, 0));
    else if (field === 8) readOpset(reader.message(), opsets);
    else if (field === 25) functions.push(readFunction(reader.message(), files));
    else reader.skip();
  }
  if (!graph || graph.nodes.length === 0) throw new MalformedMessage('it holds no graph');
  checkInputs(graph, path);
  const { stamps } = files;
  const fileSize = source.size + files.size;
  return { graph, irVersion, opsets, functions, path, files: stamps, fileSize };
}

/** Sequences, maps and inputs of no type at all cannot be fed. */
function checkInputs({ inputs, initializers }: Graph, path: string): void {
  const untyped = inputs.find(
    ({ name, elementType }) => elementType === 0 && !initializers.has(name),
  );
  if (!untyped) return;
  throw new InspectorError(
    'model-unsupported',
    `The input “${shortened(untyped.name)}” of ${basename(path)} is no tensor of a known element type: export the model with tensors as its inputs.`,
  );
}

/** Reads a `FunctionProto` as far as its nodes. */
function readFunction(reader: ProtobufReader, files: ExternalFiles): LocalFunction {
  const { position: start, end, source } = reader;
  const nodes: Node[] = [];
  let name = '';
  let domain = '';
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === 1) name = reader.string();
    else if (field === 7) nodes.push(readNode(reader.message(), files, 1));
    else if (field === 10) domain = reader.string();
    else reader.skip();
  }
  return { domain, name, nodes, message: source.view(start, end - start).slice() };
}

/** Protobuf joins the parts of a message that is written in several: tools append to models this way. */
function merged(first: Graph | undefined, second: Graph): Graph {
  if (!first) return second;
  return {
    nodes: [...first.nodes, ...second.nodes],
    initializers: new Map([...first.initializers, ...second.initializers]),
    inputs: [...first.inputs, ...second.inputs],
    outputs: [...first.outputs, ...second.outputs],
  };
}

function readOpset(reader: ProtobufReader, into: Map<string, number>): void {
  let domain = '';
  let version = 0;
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === 1) domain = reader.string();
    else if (field === 2) version = reader.int();
    else reader.skip();
  }
  into.set(domain === 'ai.onnx' ? '' : domain, version);
}

/** Reads a `GraphProto`; `Constant` nodes become initializers, as they do in the runtime. */
function readGraph(reader: ProtobufReader, files: ExternalFiles, depth: number): Graph {
  if (depth > maximumDepth) throw new MalformedMessage('its subgraphs are nested too deeply');
  const nodes: Node[] = [];
  const initializers = new Map<string, StoredTensor>();
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === 1) {
      const node = readNode(reader.message(), files, depth);
      const constant = constantTensor(node);
      if (constant) initializers.set(constant.name, constant);
      else nodes.push(node);
    } else if (field === 5) {
      const tensor = readTensor(reader.message(), files);
      initializers.set(tensor.name, tensor);
    } else if (field === 11) inputs.push(readValueInfo(reader.message()));
    else if (field === 12) outputs.push(readValueInfo(reader.message()));
    else reader.skip();
  }
  return { nodes, initializers, inputs, outputs };
}

/** Reads a `NodeProto`, without its documentation; of its metadata it keeps only where that lies. */
function readNode(reader: ProtobufReader, files: ExternalFiles, depth: number): Node {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  let name = '';
  let operator = '';
  let domain = '';
  let overload = '';
  let metadata: Node['metadata'];
  let start = reader.position;
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === 1) inputs.push(reader.string());
    else if (field === 2) outputs.push(reader.string());
    else if (field === 3) name = reader.string();
    else if (field === 4) operator = reader.string();
    else if (field === 5) {
      const attribute = readAttribute(reader.message(), files, depth);
      attributes.set(attribute.name, attribute);
    } else if (field === 7) domain = reader.string();
    else if (field === 8) overload = reader.string();
    else {
      reader.skip();
      if (field === 9) metadata = { start: metadata?.start ?? start, end: reader.position };
    }
    start = reader.position;
  }
  if (!operator) throw new MalformedMessage(`the node “${shortened(name)}” has no operator`);
  if (domain === 'ai.onnx') domain = '';
  return metadata
    ? { operator, domain, name, overload, inputs, outputs, attributes, metadata }
    : { operator, domain, name, overload, inputs, outputs, attributes };
}

/** Reads an `AttributeProto`. Weights inside are pointed at, so only attributes without are copied. */
function readAttribute(reader: ProtobufReader, files: ExternalFiles, depth: number): Attribute {
  const { position: start, end, source } = reader;
  const ints: number[] = [];
  const floats: number[] = [];
  const read: { -readonly [K in keyof Attribute]?: Attribute[K] } = {};
  let name = '';
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === 1) name = reader.string();
    else if (field === 2) read.float = reader.float();
    else if (field === 3) read.int = reader.int();
    else if (field === 4) read.string = reader.string();
    else if (field === 5) read.tensor = readTensor(reader.message(), files);
    else if (field === 6) read.graph = readGraph(reader.message(), files, depth + 1);
    else if (field === 7) reader.floats(floats);
    else if (field === 8) reader.ints(ints);
    else reader.skip();
  }
  if (ints.length) read.ints = ints;
  if (floats.length) read.floats = floats;
  const pointsIntoFile = read.tensor?.data.kind === 'file';
  const message = pointsIntoFile ? new Uint8Array() : source.view(start, end - start).slice();
  return { ...read, name, message };
}

/** Reads a `ValueInfoProto`. */
function readValueInfo(reader: ProtobufReader): ValueInfo {
  let name = '';
  let type: Omit<ValueInfo, 'name'> = { elementType: 0 };
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === 1) name = reader.string();
    else if (field === 2) type = readType(reader.message());
    else reader.skip();
  }
  return { name, ...type };
}

/** Reads a `TypeProto`: of tensors the element type and shape, of anything else nothing. */
function readType(reader: ProtobufReader): Omit<ValueInfo, 'name'> {
  let elementType = 0;
  let dims: (number | string | undefined)[] | undefined;
  for (let field = reader.next(); field; field = reader.next()) {
    if (field !== 1) {
      reader.skip();
      continue;
    }
    const tensor = reader.message();
    for (let part = tensor.next(); part; part = tensor.next()) {
      if (part === 1) elementType = tensor.int();
      else if (part === 2) dims = readShape(tensor.message());
      else tensor.skip();
    }
  }
  return { elementType, ...(dims ? { dims } : {}) };
}

function readShape(reader: ProtobufReader): (number | string | undefined)[] {
  const dims: (number | string | undefined)[] = [];
  for (let field = reader.next(); field; field = reader.next()) {
    if (field !== 1) {
      reader.skip();
      continue;
    }
    const dimension = reader.message();
    let dim: number | string | undefined;
    for (let part = dimension.next(); part; part = dimension.next()) {
      if (part === 1) dim = sizeOrUnknown(dimension.int());
      else if (part === 2) dim = dimension.string();
      else dimension.skip();
    }
    dims.push(dim);
  }
  return dims;
}

/** Some exporters write −1 for a size that is not fixed. */
function sizeOrUnknown(size: number): number | undefined {
  return size >= 0 ? size : undefined;
}
