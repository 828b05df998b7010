import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { MemorySource } from '../../../src/inspector/onnx/file/byteSource';
import { ProtobufReader } from '../../../src/inspector/onnx/file/protobufReader';

/** Removed when the tests have ended. */
const root = mkdtempSync(join(tmpdir(), 'attention-debugger-metadata-'));
process.once('exit', () => rmSync(root, { recursive: true, force: true }));

/** A node of a graph, by what tells it from others. */
export interface NamedNode {
  readonly operator: string;
  /** Among the nodes of the file. */
  readonly index: number;
}

/** Entries of `metadata_props`, in their order; a `Uint8Array` stands for a whole message. */
export type Entries = Iterable<readonly [key: string, value: string] | Uint8Array>;

/**
 * Copies a model without the metadata of its nodes and with other metadata instead; weights must lie in
 * the file itself.
 */
export function withMetadata(path: string, entriesOf: (node: NamedNode) => Entries): string {
  let index = 0;
  const node = (bytes: Uint8Array): Uint8Array => {
    const operator = stringsOf(bytes, 4)[0] ?? '';
    return edited(bytes, 9, () => null, entriesOf({ operator, index: index++ }));
  };
  const model = edited(readFileSync(path), 7, graph => edited(graph, 1, node));
  const copy = join(mkdtempSync(join(root, 'model-')), 'model.onnx');
  writeFileSync(copy, model);
  return copy;
}

/** A message with one of its fields changed, or left out where it becomes null, and entries after it. */
function edited(
  bytes: Uint8Array,
  changed: number,
  change: (field: Uint8Array) => Uint8Array | null,
  entries: Entries = [],
): Uint8Array {
  const writer = new BinaryWriter();
  const reader = new ProtobufReader(new MemorySource(bytes));
  let start = 0;
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === changed) {
      const made = change(reader.bytes());
      if (made) writer.tag(field, WireType.LengthDelimited).bytes(made);
    } else {
      reader.skip();
      writer.raw(bytes.subarray(start, reader.position));
    }
    start = reader.position;
  }
  for (const entry of entries) {
    writer.tag(changed, WireType.LengthDelimited);
    writer.bytes(entry instanceof Uint8Array ? entry : entryOf(...entry));
  }
  return writer.finish();
}

function entryOf(key: string, value: string): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(key);
  return writer.tag(2, WireType.LengthDelimited).string(value).finish();
}

function stringsOf(bytes: Uint8Array, wanted: number): string[] {
  const reader = new ProtobufReader(new MemorySource(bytes));
  const found: string[] = [];
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === wanted) found.push(reader.string());
    else reader.skip();
  }
  return found;
}
