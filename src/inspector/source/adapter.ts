import { existsSync, readFileSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { hasAdapter, hasWeights, ModelFile } from '../../protocol/modelFiles';
import { parseBounded } from '../files/boundedJson';
import { namesIn, statsOf } from '../files/regularFile';
import { shortened } from '../files/shortened';
import { placeOfModel } from './cachedModel';
import type { Configuration } from './configuration';
import { modelPlaces, ownSurroundings } from './modelPlaces';

/** What changes the weights of a model that lies elsewhere. */
export interface AdapterFiles {
  /** What it changes, and how: `adapter_config.json`. */
  readonly configuration: string;
  /** Its own tensors. */
  readonly weights: string;
}

/** A model and what changes it. */
export interface AdaptedModel {
  readonly adapter: AdapterFiles;
  /** The folder of the model whose weights are changed. */
  readonly base: string;
}

const LARGEST_CONFIGURATION = 2 ** 20;
const BOUNDS = { depth: 16, values: 1e5 };
/** A model's name on the Hub. */
const HUB_NAME = /^[\w.-]+(\/[\w.-]+)?$/;

/**
 * The folder of an adapter that holds no weights of the model itself; undefined where it is none.
 * @throws InspectorError `model-missing` where the model that it changes is not on this disk, `model-broken`
 */
export function adaptedAt(folder: string): AdaptedModel | undefined {
  if (!hasAdapter(namesIn(folder))) return undefined;
  const configuration = join(folder, ModelFile.adapter);
  const weights = join(folder, ModelFile.adapterWeights);
  if (!statsOf(weights)?.isFile()) {
    throw new InspectorError(
      'model-missing',
      `The folder ${folder} holds the configuration of an adapter and no ${ModelFile.adapterWeights}: download that, too.`,
    );
  }
  const named = readAdapterConfiguration(configuration).base_model_name_or_path;
  if (typeof named !== 'string' || named === '') {
    throw new InspectorError(
      'model-broken',
      `${configuration} does not name the model that it changes (“base_model_name_or_path”): write its folder there.`,
    );
  }
  const base = placesOf(named, folder).map(placeOfModel).find(isWhole);
  if (base !== undefined) return { adapter: { configuration, weights }, base };
  throw new InspectorError(
    'model-missing',
    `The adapter in ${folder} changes the model “${shortened(named)}”, which is neither beside it nor in the cache of Hugging Face: download that model, or put its folder beside the adapter's.`,
  );
}

/** The fields of an adapter's configuration. @throws InspectorError `model-broken` */
export function readAdapterConfiguration(path: string): Configuration {
  const fail = (what: string): never => {
    throw new InspectorError('model-broken', `${path} cannot be read: ${what}.`);
  };
  const found = statsOf(path);
  if (!found?.isFile() || found.size > LARGEST_CONFIGURATION) return fail('it is no small file');
  const fields = parseBounded(readFileSync(path, 'utf8'), BOUNDS, 'it', fail);
  return typeof fields === 'object' && fields !== null
    ? (fields as Configuration)
    : fail('it holds no fields');
}

/** Where the model of a name or path may lie, the nearest place first. */
function placesOf(named: string, folder: string): readonly string[] {
  const above = resolve(folder, '..');
  const beside = join(above, basename(named));
  if (isAbsolute(named)) return [named, beside];
  const relative = [resolve(folder, named), resolve(above, named), beside];
  if (!HUB_NAME.test(named)) return relative;
  const cache = modelPlaces(ownSurroundings()).find(({ place }) => place === 'huggingface');
  const name = `models--${named.replaceAll('/', '--')}`;
  return [...relative, ...(cache?.folders ?? []).map(each => join(each, name))];
}

/** A folder with weights of its own; an adapter of an adapter is none. */
function isWhole(folder: string): boolean {
  return existsSync(folder) && hasWeights(namesIn(folder));
}
