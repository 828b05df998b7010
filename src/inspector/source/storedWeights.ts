import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { isWeightsName, ModelFile } from '../../protocol/modelFiles';
import { parseBounded } from '../files/boundedJson';
import { statsOf } from '../files/regularFile';
import { shortened } from '../files/shortened';

/** A checkpoint without a graph. */
export interface StoredWeightFiles {
  /** What the weights are of: `config.json`. */
  readonly configuration: string;
  /** Files of weights, in the order of the index where there are several. */
  readonly files: readonly string[];
  /** Which file holds which tensor, where there are several. */
  readonly index?: string;
}

/** Indices name a tensor a line; those of the largest models have some hundred thousand. */
const LARGEST_INDEX = 64 * 2 ** 20;
const INDEX_BOUNDS = { depth: 4, values: 2e6 };

/**
 * The checkpoint of a Hugging Face folder; undefined where it holds none with its configuration.
 * @throws InspectorError `model-broken`, `model-missing`
 */
export function weightsIn(folder: string): StoredWeightFiles | undefined {
  const single = join(folder, ModelFile.weights);
  const index = join(folder, ModelFile.weightsIndex);
  const configuration = join(folder, ModelFile.configuration);
  if (!existsSync(configuration)) return undefined;
  const isSingle = existsSync(single);
  if (!isSingle && !existsSync(index)) return undefined;
  refuseAdapter(folder);
  if (isSingle) return { configuration, files: [single] };
  return { configuration, files: shardsOf(folder, index), index };
}

/** The checkpoint that a `.safetensors` file is, or is a part of; undefined without a configuration. */
export function weightsAt(file: string): StoredWeightFiles | undefined {
  const folder = dirname(file);
  const configuration = join(folder, ModelFile.configuration);
  if (!isWeightsName(file) || !existsSync(configuration)) return undefined;
  refuseAdapter(folder);
  const index = join(folder, ModelFile.weightsIndex);
  const shards = existsSync(index) ? shardsOf(folder, index) : [];
  if (shards.includes(file)) return { configuration, files: shards, index };
  return { configuration, files: [file] };
}

/** The files that an index names, in its order. */
function shardsOf(folder: string, index: string): readonly string[] {
  const names = [...new Set(Object.values(weightMap(index)))];
  for (const name of names) {
    if (basename(name) !== name || name.includes('\\') || !isWeightsName(name)) {
      broken(index, `names the file “${shortened(name)}”, which is none beside it`);
    }
    if (statsOf(join(folder, name))?.isFile()) continue;
    throw new InspectorError(
      'model-missing',
      `${shortened(name)} is missing from ${folder}, where ${basename(index)} says that a part of the weights is: download it.`,
    );
  }
  return names.map(name => join(folder, name));
}

function weightMap(index: string): Readonly<Record<string, string>> {
  const found = statsOf(index);
  if (!found?.isFile() || found.size > LARGEST_INDEX) broken(index, 'is no index of weights');
  const text = readFileSync(index, 'utf8');
  const fields = parseBounded(text, INDEX_BOUNDS, 'it', what =>
    broken(index, `is broken: ${what}`),
  );
  const map: unknown =
    typeof fields === 'object' && fields !== null && 'weight_map' in fields
      ? fields.weight_map
      : undefined;
  const isMap =
    typeof map === 'object' &&
    map !== null &&
    !Array.isArray(map) &&
    Object.values(map).every(each => typeof each === 'string');
  if (!isMap || Object.keys(map).length === 0) broken(index, 'does not say where weights are');
  return map as Readonly<Record<string, string>>;
}

function refuseAdapter(folder: string): void {
  if (!existsSync(join(folder, ModelFile.adapter))) return;
  throw new InspectorError(
    'model-unsupported',
    `The folder ${folder} holds an adapter (${ModelFile.adapter}), which changes the weights of a model: merge it into them first, or move it out of the folder.`,
  );
}

function broken(index: string, what: string): never {
  throw new InspectorError(
    'model-broken',
    `${shortened(basename(index))} ${what}: download it again.`,
  );
}
