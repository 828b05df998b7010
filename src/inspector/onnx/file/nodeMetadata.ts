import { FileSource, type ByteSource } from './byteSource';
import { MalformedMessage, ProtobufReader } from './protobufReader';
import type { Model, Node } from './types';

/** Entries of a node that are looked at: exporters write half a dozen. */
const MOST_ENTRIES = 64;
/** Bytes of a key and of a value: a trace of a deep model has some thousands. */
const MOST_KEY = 256;
const MOST_VALUE = 1 << 16;
/** Bytes of a node's metadata that are walked over. */
const MOST_METADATA = 1 << 20;
/** Field of `NodeProto` that holds `metadata_props`. */
const METADATA_FIELD = 9;

/** What `metadata_props` says of a node, by key. */
export type NodeMetadata = ReadonlyMap<string, string>;

/**
 * Reads entries of `metadata_props` of some nodes, which reading a model passes over: most files have more
 * of them than of everything else but weights. Entries that are too long, too many or broken are left out,
 * and so is everything where the file is no longer what was read.
 * @param keys the entries that are wanted
 */
export function readMetadata(
  model: Model,
  nodes: Iterable<Node>,
  keys: ReadonlySet<string>,
): ReadonlyMap<Node, NodeMetadata> {
  const read = new Map<Node, NodeMetadata>();
  const spans = [...new Set(nodes)].flatMap(node =>
    node.metadata ? [{ node, ...node.metadata }] : [],
  );
  if (spans.length === 0) return read;
  const source = openAgain(model.path);
  if (!source) return read;
  try {
    if (![...model.files.values()].includes(source.stamp)) return read;
    for (const { node, start, end } of spans.sort((a, b) => a.start - b.start)) {
      const entries = entriesOf(source, start, Math.min(end, start + MOST_METADATA), keys);
      if (entries.size > 0) read.set(node, entries);
    }
  } finally {
    source.close();
  }
  return read;
}

function openAgain(path: string): FileSource | undefined {
  try {
    return new FileSource(path);
  } catch {
    return undefined;
  }
}

/** The first wanted entries between two offsets of a file; as far as they can be read. */
function entriesOf(
  source: ByteSource,
  start: number,
  end: number,
  keys: ReadonlySet<string>,
): NodeMetadata {
  const found = new Map<string, string>();
  const reader = new ProtobufReader(source, start, end);
  try {
    let entries = 0;
    for (let field = reader.next(); field && entries < MOST_ENTRIES; field = reader.next()) {
      if (field !== METADATA_FIELD) {
        reader.skip();
        continue;
      }
      entries++;
      const entry = readEntry(reader.message(), keys);
      if (entry && !found.has(entry.key)) found.set(entry.key, entry.value);
    }
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
  }
  return found;
}

/** Reads a `StringStringEntryProto` if its key is wanted; what is too long is left out. */
function readEntry(
  reader: ProtobufReader,
  keys: ReadonlySet<string>,
): { readonly key: string; readonly value: string } | undefined {
  let key: string | undefined;
  let value: string | undefined;
  for (let field = reader.next(); field; field = reader.next()) {
    if (field === 1) {
      key = reader.stringUpTo(MOST_KEY);
      // Exporters write the key first: the value of another one need not be read.
      if (key === undefined || !keys.has(key)) return undefined;
    } else if (field === 2) value = reader.stringUpTo(MOST_VALUE);
    else reader.skip();
  }
  return key === undefined || value === undefined ? undefined : { key, value };
}
