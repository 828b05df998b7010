import { readdir, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { InspectorError } from '../protocol/errors';
import type { ModelChoice } from '../protocol/panel';

/** A model that can be run: a choice with its place on disk. */
export interface FoundModel extends ModelChoice {
  /** Absolute path of the model folder or `.onnx` file. */
  readonly path: string;
}

/** Where models may lie. */
export interface ModelPlaces {
  /** Folder that holds the bundled `encoder` and `decoder`. */
  readonly bundled: string;
  /** Folders where relative paths start: the workspace's. */
  readonly bases: readonly string[];
  /** Models other than the bundled ones may be opened. */
  readonly trusted: boolean;
}

const BUNDLED = {
  encoder: { label: 'Encoder', detail: 'Bundled; reads in both directions' },
  decoder: { label: 'Decoder', detail: 'Bundled; reads from left to right' },
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
      `The setting “attentionDebugger.model” is “${reference}”, which names no model. Choose one, or set “encoder”, “decoder” or the path of a model folder or .onnx file.`,
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
    if (candidate.endsWith('.onnx') && (await exists(candidate))) return [fromPath(candidate)];
    if (await isModelFolder(candidate)) return [fromPath(candidate)];
    const below = await subfolders(candidate);
    const models = await Promise.all(below.map(isModelFolder));
    const found = below.filter((_, index) => models[index]);
    if (found.length > 0) return found.map(fromPath);
  }
  return [];
}

function absolutePaths(reference: string, { bases }: ModelPlaces): string[] {
  if (reference.trim() === '') return [];
  const home = reference.replace(/^~(?=[/\\]|$)/, os.homedir());
  if (path.isAbsolute(home)) return [path.normalize(home)];
  return bases.map(base => path.resolve(base, home));
}

function looksLikePath(reference: string): boolean {
  return /[/\\]|\.onnx$/i.test(reference);
}

function fromPath(file: string): FoundModel {
  return { reference: file, label: path.basename(file), detail: path.dirname(file), path: file };
}

async function isModelFolder(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names.some(name => name.endsWith('.onnx') || name === 'config.json');
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
