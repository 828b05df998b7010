import { shortened } from '../../files/shortened';
import { sizeOf } from '../../runtime/tensor';
import { MemorySource } from './byteSource';
import { elementsToBytes, elementSize } from './elements';
import type { ExternalFiles } from './externalData';
import { MalformedMessage, ProtobufReader, WireType } from './protobufReader';
import { ElementType, type StoredTensor, type TensorData } from './types';

/** Tensors up to this size stay in memory, so that constants can be folded. */
const inlineLimit = 1024;

/** `TensorProto` fields. */
const F = {
  dims: 1,
  dataType: 2,
  floatData: 4,
  int32Data: 5,
  int64Data: 7,
  name: 8,
  rawData: 9,
  docString: 12,
  externalData: 13,
  dataLocation: 14,
} as const;

type Span = ReturnType<ProtobufReader['span']>;

/** Reads a `TensorProto`, keeping only where its elements are unless they are few. */
export function readTensor(reader: ProtobufReader, files: ExternalFiles): StoredTensor {
  const from = reader.source;
  const dims: number[] = [];
  let name = '';
  let elementType: number = ElementType.undefined;
  let raw: Span | undefined;
  let floatData: Span | undefined;
  let typedFields = 0;
  const integers: number[] = [];
  const external = new Map<string, string>();
  let isExternal = false;
  const start = reader.position;

  for (let field = reader.next(); field; field = reader.next()) {
    if (field === F.dims) reader.ints(dims);
    else if (field === F.dataType) elementType = reader.int();
    else if (field === F.name) name = reader.string();
    else if (field === F.rawData) raw = reader.span();
    else if (field === F.floatData && reader.wireType === WireType.bytes) {
      floatData = reader.span();
      typedFields++;
    } else if ((field === F.int32Data || field === F.int64Data) && isSmall(reader, integers)) {
      reader.ints(integers);
    } else if (field === F.externalData) readEntry(reader.message(), external);
    else if (field === F.dataLocation) isExternal = reader.int() === 1;
    else {
      if (field !== F.docString) typedFields = Infinity;
      reader.skip();
    }
  }
  if (dims.some(dim => !Number.isSafeInteger(dim) || dim < 0)) {
    throw new MalformedMessage(
      `the tensor “${shortened(name)}” has an impossible shape [${shortened(dims.join(', '))}]`,
    );
  }

  const bytes = Math.ceil(sizeOf(dims) * elementSize(elementType));
  const data = (): TensorData => {
    if (isExternal) return { kind: 'file', ...files.resolve(name, external, bytes) };
    const span =
      raw ?? (typedFields === 1 && elementType === ElementType.float ? floatData : undefined);
    if (span) {
      const length = span.end - span.start;
      if (elementType !== ElementType.string && length !== bytes) {
        throw new MalformedMessage(
          `the tensor “${shortened(name)}” has ${length} bytes instead of ${bytes}`,
        );
      }
      if (length <= inlineLimit) {
        return { kind: 'inline', bytes: from.view(span.start, length).slice() };
      }
      const file = files.own(from);
      if (file) return { kind: 'file', path: file, offset: span.start, length };
    } else if (typedFields === 0 && integers.length === sizeOf(dims)) {
      const bytes = elementsToBytes(integers, elementType);
      if (bytes) return { kind: 'inline', bytes };
    }
    return { kind: 'message', message: withoutName(from.view(start, reader.end - start)) };
  };
  return { name, dims, elementType, data: data() };
}

/** Whether one more run of integers keeps the tensor small. */
function isSmall(reader: ProtobufReader, integers: readonly number[]): boolean {
  return integers.length < inlineLimit && reader.remaining() <= 8 * inlineLimit;
}

/** A `StringStringEntryProto`. */
function readEntry(reader: ProtobufReader, into: Map<string, string>): void {
  let key = '';
  let value = '';
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else reader.skip();
  }
  into.set(key, value);
}

/** Copies a `TensorProto` without its name and documentation. */
function withoutName(message: Uint8Array): Uint8Array {
  const reader = new ProtobufReader(new MemorySource(message));
  const kept: Uint8Array[] = [];
  for (let at = 0, field = reader.next(); field; field = reader.next()) {
    reader.skip();
    if (field !== F.name && field !== F.docString) kept.push(message.subarray(at, reader.position));
    at = reader.position;
  }
  return new Uint8Array(Buffer.concat(kept));
}
