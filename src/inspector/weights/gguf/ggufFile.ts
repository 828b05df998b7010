import { basename } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import { openModelFile, type FileSource } from '../../onnx/file/byteSource';
import type { StoredWeight } from '../weights';
import { GgufReader, LONGEST_KEY, MalformedGguf, type MetadataValue } from './ggufReader';
import { ggufType } from './ggufTypes';

/** A GGUF file: what it says of itself, and where its tensors lie. */
export interface GgufFile {
  /** As it was named. */
  readonly path: string;
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, StoredWeight>;
  /** Bytes. */
  readonly size: number;
  /** What tells this content of the file from another. */
  readonly stamp: string;
}

/** Tensors of one file: models of 100 layers with 128 experts apart have 40,000. */
const MOST_TENSORS = 100_000;
const MOST_KEYS = 10_000;
/** Longest name of a tensor; ggml itself allows 63 bytes. */
const LONGEST_NAME = 255;
const MOST_DIMENSIONS = 4;
const LARGEST_ALIGNMENT = 2 ** 20;
/** Versions 2 and 3 differ in the order of bytes that they allow. */
const VERSIONS = [2, 3];

/**
 * Reads the header of a GGUF file of version 2 or 3; the tensors stay on disk.
 * @throws InspectorError `model-missing`; `model-broken` for a file that is cut off or claims what cannot be;
 * `model-unsupported` for big-endian files, other versions and unknown kinds of tensors
 */
export function readGguf(path: string): GgufFile {
  const { source, realPath } = openModelFile(path);
  try {
    return { path, size: source.size, stamp: source.stamp, ...readHeader(source, path, realPath) };
  } catch (cause) {
    if (!(cause instanceof MalformedGguf)) throw cause;
    throw new InspectorError(
      'model-broken',
      `${shortened(basename(path))} is not a complete GGUF file: ${cause.message}; download it again.`,
      { cause },
    );
  } finally {
    source.close();
  }
}

function readHeader(source: FileSource, path: string, real: string) {
  const reader = new GgufReader(source);
  if (reader.u32() !== 0x46554747) throw new MalformedGguf('it does not begin with “GGUF”');
  checkVersion(reader.u32(), path);
  const count = reader.count('tensors');
  const pairs = reader.count('values');
  if (count > MOST_TENSORS) throw new MalformedGguf(`it claims ${count} tensors`);
  if (pairs > MOST_KEYS) throw new MalformedGguf(`it claims ${pairs} values`);
  const metadata = new Map<string, MetadataValue>();
  for (let i = 0; i < pairs; i++) {
    const key = reader.string(LONGEST_KEY);
    if (metadata.has(key)) throw new MalformedGguf(`“${shortened(key)}” stands in it twice`);
    metadata.set(key, reader.value(reader.u32()));
  }
  const alignment = alignmentOf(metadata);
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) entries.push(readEntry(reader, path));
  const start = Math.ceil(reader.at / alignment) * alignment;
  checkPlaces(entries, source.size - start, alignment);
  const tensors = new Map(
    entries.map(({ name, offset, ...entry }): [string, StoredWeight] => [
      name,
      { ...entry, path: real, offset: start + offset },
    ]),
  );
  if (tensors.size < count) throw new MalformedGguf('two of its tensors have the same name');
  return { metadata, tensors };
}

/** A tensor as the header has it: its offset counts from where the header ends. */
type Entry = Omit<StoredWeight, 'path'> & { readonly name: string };

function readEntry(reader: GgufReader, path: string): Entry {
  const name = reader.string(LONGEST_NAME);
  const rank = reader.u32();
  const said = shortened(name);
  if (rank > MOST_DIMENSIONS) throw new MalformedGguf(`“${said}” has ${rank} dimensions`);
  // The innermost stands first.
  const dims = Array.from({ length: rank }, () => reader.count('elements')).reverse();
  const number = reader.u32();
  const offset = reader.count('bytes before a tensor');
  const type = ggufType(number);
  if (!type) {
    throw new InspectorError(
      'model-unsupported',
      `${shortened(basename(path))} holds “${said}” in a quantisation, number ${number}, that is not known: choose another quantisation of the model.`,
    );
  }
  const size = dims.reduce((product, dim) => product * dim, 1);
  const row = dims.at(-1) ?? 1;
  if (row % type.elements !== 0) {
    throw new MalformedGguf(
      `rows of “${said}” have ${row} elements, which are no whole blocks of ${type.name}`,
    );
  }
  const length = (size / type.elements) * type.bytes;
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(length)) {
    throw new MalformedGguf(`“${said}” claims ${size} elements`);
  }
  return { name, dtype: type.name, dims, offset, length };
}

function checkVersion(version: number, path: string): void {
  if (VERSIONS.includes(version)) return;
  const isSwapped = version > 0 && version % 2 ** 24 === 0;
  const what = isSwapped ? 'has its bytes in big-endian order' : `is of version ${version}`;
  throw new InspectorError(
    'model-unsupported',
    `${shortened(basename(path))} ${what}, and GGUF files of the versions 2 and 3 in little-endian order are read: convert the model again with a current llama.cpp.`,
  );
}

function alignmentOf(metadata: ReadonlyMap<string, MetadataValue>): number {
  const value = metadata.get('general.alignment') ?? 32;
  const isPower = typeof value === 'number' && value > 0 && Number.isInteger(Math.log2(value));
  if (isPower && value <= LARGEST_ALIGNMENT) return value;
  throw new MalformedGguf(`its alignment is ${typeof value === 'number' ? value : 'no number'}`);
}

/** Tensors that share bytes, or reach past the end, would take more memory than the file has. */
function checkPlaces(entries: readonly Entry[], bytes: number, alignment: number): void {
  let end = 0;
  for (const { name, offset, length } of entries.toSorted((a, b) => a.offset - b.offset)) {
    const said = shortened(name);
    if (offset % alignment !== 0) throw new MalformedGguf(`“${said}” does not begin where it may`);
    if (offset < end) throw new MalformedGguf(`“${said}” overlaps with another tensor`);
    end = offset + length;
    if (end > bytes) throw new MalformedGguf(`“${said}” reaches past the end of the file`);
  }
}
