import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { isGgufName } from '../../../protocol/modelFiles';
import { shortened } from '../../files/shortened';
import type { StoredWeight } from '../weights';
import { readGguf, type GgufFile } from './ggufFile';

/** A model's GGUF files as one: the metadata is the first one's. */
export interface GgufParts {
  readonly metadata: GgufFile['metadata'];
  readonly tensors: ReadonlyMap<string, StoredWeight>;
  /** In their order; one, unless the model is split. */
  readonly files: readonly GgufFile[];
}

/** `name-00002-of-00004.gguf`, as `llama-gguf-split` names the parts of a model. */
const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;
const MOST_PARTS = 1000;

/**
 * The names of all parts of the model that a file is a part of, in their order; undefined for a file
 * that is whole.
 */
export function partNames(name: string): readonly string[] | undefined {
  const [, stem = '', , digits = ''] = PART.exec(name) ?? [];
  const count = Number(digits);
  if (count === 0 || count > MOST_PARTS) return undefined;
  return Array.from(
    { length: count },
    (_, i) => `${stem}-${String(i + 1).padStart(5, '0')}-of-${digits}.gguf`,
  );
}

/** Of the names of a folder's files those of models, by their first parts; parts that read images are none. */
export function ggufModelNames(names: readonly string[]): readonly string[] {
  return names.filter(
    name => isGgufName(name) && !/^mmproj/i.test(name) && (partNames(name)?.[0] ?? name) === name,
  );
}

/**
 * Reads a GGUF file, and with one part of a split model all the others beside it.
 * @throws InspectorError as `readGguf` does; `model-missing` where a part is not there
 */
export function readGgufParts(path: string): GgufParts {
  const names = partNames(basename(path)) ?? [basename(path)];
  const paths = names.map(name => join(dirname(path), name));
  const missing = names.find((_, i) => !existsSync(paths[i] ?? ''));
  if (missing !== undefined && names.length > 1) {
    throw new InspectorError(
      'model-missing',
      `The model is split over ${names.length} files, and ${shortened(missing)} is not in ${dirname(path)}: put all of them into one folder.`,
    );
  }
  const files = paths.map(readGguf);
  const [first] = files;
  if (!first) throw new Error('a model has one file at least');
  const count = first.metadata.get('split.count') ?? 1;
  if (count !== files.length) {
    throw brokenSplit(
      first,
      `it says that the model is split over ${said(count)} files, and its name that it is over ${files.length}`,
    );
  }
  const tensors = new Map<string, StoredWeight>();
  for (const [i, file] of files.entries()) {
    const place = file.metadata.get('split.no') ?? 0;
    if (place !== i) {
      throw brokenSplit(file, `it says that it is part ${said(place)} where it is ${i}`);
    }
    for (const [name, weight] of file.tensors) {
      if (tensors.has(name)) throw brokenSplit(file, `“${shortened(name)}” is in another part too`);
      tensors.set(name, weight);
    }
  }
  const total = first.metadata.get('split.tensors.count') ?? tensors.size;
  if (total === tensors.size) return { metadata: first.metadata, tensors, files };
  throw brokenSplit(
    first,
    `it says that all parts hold ${said(total)} tensors, and they hold ${tensors.size}`,
  );
}

/** A value that should be a number, in a sentence. */
function said(value: unknown): string {
  return typeof value === 'number' ? String(value) : 'no number of';
}

function brokenSplit({ path }: GgufFile, what: string): InspectorError {
  return new InspectorError(
    'model-broken',
    `${shortened(basename(path))} does not fit the other parts of the model: ${what}; download all parts again.`,
  );
}
