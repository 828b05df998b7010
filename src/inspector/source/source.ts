import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import {
  GRAPH_FOLDER,
  isGraphName,
  isModelName,
  ModelFile,
  nameInCache,
} from '../../protocol/modelFiles';
import { DECODER_GRAPHS, GRAPH_PRECISIONS } from '../../protocol/openedFiles';
import { statsOf } from '../files/regularFile';
import { placeOfModel } from './cachedModel';
import { ggufModelNames } from '../weights/gguf/ggufParts';
import { isGguf } from '../weights/gguf/openGguf';
import { readConfiguration, type Configuration } from './configuration';
import { homeFolder, missingModel } from './home';
import { noGraphIn, refuseOtherFormat, refusePlaceholder } from './otherFormats';
import { weightsAt, weightsIn, type StoredWeightFiles } from './storedWeights';

/** The graphs of a model: one, one for each stack, or none where it is built from its weights. */
export type GraphFiles =
  | { readonly kind: 'single'; readonly file: string }
  | { readonly kind: 'pair'; readonly encoder: string; readonly decoder: string }
  | ({ readonly kind: 'weights' } & StoredWeightFiles)
  /** Weights, configuration and tokenizer in one; of a split model the file that was named. */
  | { readonly kind: 'gguf'; readonly file: string };

/** A model on disk: what it is called, and where its parts are. */
export interface ModelSource {
  /** Absolute path of what was opened: a folder, a graph, or a file of weights. */
  readonly path: string;
  readonly name: string;
  readonly graphs: GraphFiles;
  /** The folder that holds its configuration and tokenizer. */
  readonly home: string;
}

/** What the files in a model's home tell of it. */
export interface Description {
  /** Contents of `config.json`; empty where there is none. */
  readonly config: Configuration;
  /** `model.type` of `tokenizer.json`. */
  readonly tokenizer?: string;
}

/**
 * What lies at a path: a Hugging Face folder, a single `.onnx` file as it is, a file of weights
 * beside its configuration, or a GGUF file. A graph is taken before weights. None of its files is read but for their
 * first bytes and the index of weights in several files.
 * @throws InspectorError `model-missing`, `model-unsupported`, `model-broken`
 */
export function sourceAt(path: string): ModelSource {
  const absolute = placeOfModel(resolve(path));
  const graphs = graphsAt(absolute);
  const home = homeFolder(absolute);
  const isAdapted = graphs.kind === 'weights' && graphs.adapter !== undefined;
  const name = isAdapted ? `${nameOf(home)} + ${nameOf(absolute)}` : nameOf(absolute);
  return { path: absolute, name, graphs, home };
}

/** What a model is called: as its folder or file, in a cache as on the Hub. */
export function nameOf(path: string): string {
  const cached = nameInCache(path);
  if (cached === undefined) return basename(path);
  return isModelName(path) ? `${cached}, ${basename(path)}` : cached;
}

/** The files that a model's graphs are read from. */
export function graphFiles(graphs: GraphFiles): readonly string[] {
  switch (graphs.kind) {
    case 'single':
    case 'gguf':
      return [graphs.file];
    case 'pair':
      return [graphs.encoder, graphs.decoder];
    case 'weights':
      return [
        graphs.configuration,
        ...graphs.files,
        ...(graphs.adapter ? [graphs.adapter.configuration, graphs.adapter.weights] : []),
      ];
  }
}

/** What a model's home tells of it; nothing where it cannot be read, without which it can be shown. */
export async function describe({ home }: ModelSource): Promise<Description> {
  const config = await readConfiguration(home, ModelFile.configuration);
  const { model } = await readConfiguration(home, ModelFile.tokenizer);
  const isNamed = typeof model === 'object' && model !== null && 'type' in model;
  return {
    config,
    ...(isNamed && typeof model.type === 'string' ? { tokenizer: model.type } : {}),
  };
}

/**
 * The folder that holds a model's configuration and tokenizer, whether or not there is a graph, or the
 * GGUF file that holds both.
 * @param path of a model folder, or of a file
 * @throws InspectorError `model-missing`
 */
export async function modelFolder(path: string): Promise<string> {
  if (statsOf(path)) return homeFolder(path);
  throw missingModel(path);
}

/** Files of a folder that can be opened on their own, for people to choose from: other precisions, parts. */
export function listVariants(folder: string): string[] {
  return graphFolders(folder).flatMap(sub =>
    readdirSync(sub)
      .filter(isGraphName)
      .sort()
      .map(file => join(sub, file)),
  );
}

function graphsAt(path: string): GraphFiles {
  if (!existsSync(path)) throw missingModel(path);
  const isFolder = statsOf(path)?.isDirectory() ?? false;
  const graphs = isFolder ? (graphsIn(path) ?? storedIn(path) ?? ggufIn(path)) : graphsOf(path);
  if (!graphs) throw noGraphIn(path, listVariants(path));
  for (const file of graphFiles(graphs)) {
    if (!statsOf(file)?.isFile()) {
      throw new InspectorError(
        'model-missing',
        `${file} is not a file: put the exported model there, or choose another one.`,
      );
    }
    if (graphs.kind === 'weights' || graphs.kind === 'gguf') refusePlaceholder(file);
    else refuseOtherFormat(file);
  }
  return graphs;
}

function storedIn(folder: string): GraphFiles | undefined {
  const stored = weightsIn(folder);
  return stored && { kind: 'weights', ...stored };
}

/** The only model in GGUF files of a folder: parts of a split one are one. */
function ggufIn(folder: string): GraphFiles | undefined {
  const [only, ...others] = ggufModelNames(readdirSync(folder));
  return only !== undefined && others.length === 0
    ? { kind: 'gguf', file: join(folder, only) }
    : undefined;
}

function graphsOf(file: string): GraphFiles {
  if (isGguf(file)) return { kind: 'gguf', file };
  const stored = weightsAt(file);
  return stored ? { kind: 'weights', ...stored } : { kind: 'single', file };
}

function graphsIn(folder: string): GraphFiles | undefined {
  const [only, ...others] = listVariants(folder);
  if (only === undefined) return undefined;
  for (const sub of graphFolders(folder)) {
    for (const suffix of GRAPH_PRECISIONS) {
      const at = (name: string) => join(sub, `${name}${suffix}.onnx`);
      const single = at('model');
      if (existsSync(single)) return { kind: 'single', file: single };
      const encoder = at('encoder_model');
      const decoder = DECODER_GRAPHS.map(at).find(existsSync);
      if (existsSync(encoder) && decoder) return { kind: 'pair', encoder, decoder };
      if (decoder) return { kind: 'single', file: decoder };
      if (existsSync(encoder)) return { kind: 'single', file: encoder };
    }
  }
  return others.length === 0 ? { kind: 'single', file: only } : undefined;
}

function graphFolders(folder: string): string[] {
  return [folder, join(folder, GRAPH_FOLDER)].filter(path => statsOf(path)?.isDirectory());
}
