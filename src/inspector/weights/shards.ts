import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { stampsOf } from '../files/fileStamps';
import { JsonFileError, readJsonFile } from '../files/readJson';
import { shortened } from '../files/shortened';
import type { StoredWeight, Weights } from './weights';

/** Shards that one index may list. */
const MOST_SHARDS = 1000;

/** The names of tensors and shards that an index file lists: `weight_map`, from tensor to shard. */
export type WeightMap = ReadonlyMap<string, string>;

/**
 * Reads the index of a model whose tensors lie in several files.
 * @throws InspectorError `model-broken` where it lists none, or a file that is not beside it
 */
export async function readWeightMap(index: string): Promise<WeightMap> {
  const refuse = (what: string): never => {
    throw new InspectorError('model-broken', `${index} ${what}.`);
  };
  const content = await readJsonFile(index).catch((error: unknown) => {
    if (error instanceof JsonFileError) refuse(error.message);
    throw error;
  });
  const map: unknown =
    typeof content === 'object' && content !== null && 'weight_map' in content
      ? content.weight_map
      : undefined;
  if (typeof map !== 'object' || map === null) return refuse('lists no weights (weight_map)');
  const weights = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(map)) {
    // Where a separator means a folder depends on the system; a name of a file has none of them.
    if (typeof shard !== 'string' || shard !== basename(shard) || /[\\/]|^\.*$/.test(shard)) {
      return refuse(`puts “${shortened(tensor)}” into what is no file beside it`);
    }
    weights.set(tensor, shard);
  }
  if (weights.size === 0) return refuse('lists no weights (weight_map)');
  if (new Set(weights.values()).size > MOST_SHARDS) {
    return refuse(`lists more than ${MOST_SHARDS} files`);
  }
  return weights;
}

/**
 * The tensors of one or several files.
 * @param map what their index says, which each of them must hold; none for a single file
 * @param read gives the tensors of a file
 * @throws InspectorError `model-missing` where a file is not there, `model-broken`
 */
export async function gatherWeights(
  folder: string,
  files: readonly string[],
  read: (path: string) => Promise<ReadonlyMap<string, StoredWeight>>,
  map: WeightMap = new Map(),
): Promise<Weights> {
  const paths = files.map(file => join(folder, file));
  const stamps = await stampsOf(paths);
  const weights = new Map<string, StoredWeight>();
  const shardOf = new Map<string, string>();
  let fileSize = 0;
  for (const [i, path] of paths.entries()) {
    const found = await stat(path).catch(() => undefined);
    if (!found) throw missingShard(path, map);
    fileSize += found.size;
    for (const [name, weight] of await read(path)) {
      const before = shardOf.get(name);
      if (before !== undefined) {
        const both = `${shortened(before)} and ${shortened(files[i] ?? '')}`;
        throw new InspectorError(
          'model-broken',
          `Both ${both} in ${folder} hold “${shortened(name)}”: download the model again.`,
        );
      }
      shardOf.set(name, files[i] ?? '');
      weights.set(name, weight);
    }
  }
  for (const [name, shard] of map) {
    if (shardOf.get(name) === shard) continue;
    throw new InspectorError(
      'model-broken',
      `${join(folder, shard)} does not hold “${shortened(name)}”, which its index puts there: download the model again.`,
    );
  }
  return { names: [...weights.keys()], get: name => weights.get(name), files: stamps, fileSize };
}

function missingShard(path: string, map: WeightMap): InspectorError {
  const others = new Set(map.values()).size - 1;
  const part = others > 0 ? `, one of the ${others + 1} files that hold the model's weights` : '';
  return new InspectorError(
    'model-missing',
    `${path} is missing${part}: download the model again.`,
  );
}
