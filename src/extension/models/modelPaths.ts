import { readdir, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { InspectorError } from '../../protocol/errors';
import {
  GRAPH_FOLDER,
  hasWeights,
  HOME_SIGNS,
  isGraphName,
  isModelName,
  isWeightsName,
  ModelFile,
} from '../../protocol/modelFiles';
import type { ModelChoice } from '../../protocol/panel';

/** A model that can be run: a choice with its place on disk. */
export interface FoundModel extends ModelChoice {
  /** Absolute path of the model folder, `.onnx` file or file of weights. */
  readonly path: string;
}

/** Where models may lie. */
export interface ModelPlaces {
  /** Folder that holds the bundled models, each in a folder of its reference. */
  readonly bundled: string;
  /** Folders where relative paths start: the workspace's. */
  readonly bases: readonly string[];
  /** Models other than the bundled ones may be opened. */
  readonly trusted: boolean;
}

/** Files that are one half of a model of two graphs. */
const PART = /^(encoder|decoder)_/;

const BUNDLED = {
  encoder: { label: 'Encoder', detail: 'Bundled; reads in both directions' },
  decoder: { label: 'Decoder', detail: 'Bundled; reads from left to right' },
  'encoder-decoder': {
    label: 'Encoder–decoder',
    detail: 'Bundled; puts the words of a sentence back in order',
  },
} as const;

/** The models that come with the extension. */
export function bundledModels(places: ModelPlaces): FoundModel[] {
  return Object.entries(BUNDLED).map(([reference, words]) => ({
    ...words,
    reference,
    path: path.join(places.bundled, reference),
  }));
}

/** The model that a setting's value names. @throws InspectorError with what to do where there is none. */
export async function findModel(reference: string, places: ModelPlaces): Promise<FoundModel> {
  const bundled = bundledModels(places).find(model => model.reference === reference);
  if (bundled) return bundled;
  if (!places.trusted) {
    throw new InspectorError(
      'model-unknown',
      'This workspace is not trusted, so only the bundled models can be used. Choose one of them, or trust the workspace.',
    );
  }
  for (const candidate of absolutePaths(reference, places)) {
    if (await exists(candidate)) return fromPath(candidate);
  }
  if (!looksLikePath(reference)) {
    throw new InspectorError(
      'model-unknown',
      `The setting “attentionDebugger.model” is “${reference}”, which names no model. Choose one, or set “encoder”, “decoder”, “encoder-decoder” or the path of a model folder, an .onnx or a .safetensors file.`,
    );
  }
  throw new InspectorError(
    'model-missing',
    `There is no model at “${reference}”. Choose another one, or correct the setting “attentionDebugger.model”.`,
  );
}

/** The models in a folder: itself, or those directly below it. Nothing where it cannot be read. */
export async function listModels(folder: string, places: ModelPlaces): Promise<FoundModel[]> {
  if (!places.trusted) return [];
  for (const candidate of absolutePaths(folder, places)) {
    if (isModelName(candidate) && (await exists(candidate))) return [fromPath(candidate)];
    if (await isModelFolder(candidate)) return withVariants(candidate);
    const below = await subfolders(candidate);
    const models = await Promise.all(below.map(isModelFolder));
    const found = below.filter((_, index) => models[index]);
    if (found.length > 0) return (await Promise.all(found.map(withVariants))).flat();
  }
  return [];
}

/**
 * The folder that an `.onnx` file or a file of weights is a model of: its own, or the one above `onnx/`. Undefined where
 * neither holds a configuration or a tokenizer.
 */
export async function modelHome(file: string): Promise<string | undefined> {
  const folder = path.dirname(file);
  const above = path.basename(folder) === GRAPH_FOLDER ? [path.dirname(folder)] : [];
  for (const candidate of [folder, ...above]) {
    const names = await namesIn(candidate);
    if (HOME_SIGNS.some(sign => names.includes(sign))) return candidate;
  }
  return undefined;
}

/** A model folder as a choice, and its other precisions and weights, each named by its file. */
export async function withVariants(folder: string): Promise<FoundModel[]> {
  const folders = [folder, path.join(folder, GRAPH_FOLDER)];
  const files = (await Promise.all(folders.map(graphFiles))).flat();
  const alone = files.filter(file => !PART.test(path.basename(file)));
  const name = path.basename(folder);
  // The folder itself stands for the only file, or for `model.onnx`.
  const graphs =
    alone.length === 1 ? [] : alone.filter(file => path.basename(file) !== 'model.onnx');
  // Where there is a graph, the folder does not stand for its weights.
  const weights = files.length > 0 ? await weightsIn(folder) : [];
  const variants = [...graphs, ...weights];
  return [
    fromPath(folder),
    ...variants.map(file => ({ ...fromPath(file), label: `${name}, ${path.basename(file)}` })),
  ];
}

/**
 * The model at an absolute path; undefined where there is neither a graph nor weights with their
 * configuration. A folder `onnx` is part of one.
 */
export async function modelAt(place: string): Promise<FoundModel | undefined> {
  if (isModelName(place)) return (await exists(place)) ? fromPath(place) : undefined;
  if (hasWeights(await namesIn(place))) return fromPath(place);
  const [inside] = await graphFiles(place);
  if (inside !== undefined) return fromPath((await modelHome(inside)) ?? place);
  const [below] = await graphFiles(path.join(place, GRAPH_FOLDER));
  return below === undefined ? undefined : fromPath(place);
}

function absolutePaths(reference: string, { bases }: ModelPlaces): string[] {
  if (reference.trim() === '') return [];
  const home = reference.replace(/^~(?=[/\\]|$)/, os.homedir());
  if (path.isAbsolute(home)) return [path.normalize(home)];
  return bases.map(base => path.resolve(base, home));
}

function looksLikePath(reference: string): boolean {
  return /[/\\]|\.(onnx|safetensors)$/i.test(reference);
}

function fromPath(file: string): FoundModel {
  return { reference: file, label: path.basename(file), detail: path.dirname(file), path: file };
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** The weights of a folder that also holds graphs. */
async function weightsIn(folder: string): Promise<string[]> {
  const names = await namesIn(folder);
  if (!hasWeights(names)) return [];
  // Of several files one stands for all.
  const [first] = names.includes(ModelFile.weights)
    ? [ModelFile.weights]
    : names.filter(isWeightsName).sort();
  return first === undefined ? [] : [path.join(folder, first)];
}

async function graphFiles(folder: string): Promise<string[]> {
  const names = await namesIn(folder);
  const graphs = names.filter(isGraphName).sort();
  return graphs.map(name => path.join(folder, name));
}

async function isModelFolder(folder: string): Promise<boolean> {
  const names = await namesIn(folder);
  return names.some(name => isGraphName(name) || name === ModelFile.configuration);
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter(entry => entry.isDirectory() && !entry.name.startsWith('.'));
  return folders.map(entry => path.join(folder, entry.name)).sort();
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
