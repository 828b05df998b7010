import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { homeFolder } from '../huggingface/homeFolder';
import { readJsonFileSync } from '../huggingface/readJson';
import { noGraphIn, refuseOtherFormat } from './otherFormats';
import { statsOf } from '../runtime/regularFile';

/** The graphs of a model: one, or one for each stack. */
export type GraphFiles =
  | { readonly kind: 'single'; readonly file: string }
  | { readonly kind: 'pair'; readonly encoder: string; readonly decoder: string };

/** Where a model's parts are. */
export interface ModelFiles {
  /** What was opened. */
  readonly path: string;
  readonly name: string;
  readonly graphs: GraphFiles;
  /** Contents of `config.json`; empty where there is none. */
  readonly config: Readonly<Record<string, unknown>>;
  /** `model.type` of `tokenizer.json`. */
  readonly tokenizer?: string;
}

/** Suffixes that Optimum and transformers.js give to files of another precision. */
const precisions = [
  '',
  '_fp16',
  '_int8',
  '_uint8',
  '_quantized',
  '_bnb4',
  '_q4',
  '_q4f16',
  '_q8',
  '_merged_quantized',
];
const decoders = ['decoder_model', 'decoder_model_merged', 'decoder_with_past_model'];

/**
 * Finds the graphs of a Hugging Face folder or takes a single `.onnx` file as it is.
 * @throws InspectorError `model-missing`, `model-unsupported`, `model-broken`
 */
export function locateModel(path: string): ModelFiles {
  const absolute = resolve(path);
  const graphs = locateGraphs(absolute);
  const home = homeFolder(absolute, statsOf(absolute)?.isDirectory() ?? false);
  const tokenizer = readJson(join(home, 'tokenizer.json')).model as { type?: unknown } | undefined;
  return {
    path: absolute,
    name: basename(absolute),
    graphs,
    config: readJson(join(home, 'config.json')),
    ...(typeof tokenizer?.type === 'string' ? { tokenizer: tokenizer.type } : {}),
  };
}

/**
 * The graphs that a model is opened from; none of them is read.
 * @param path of a folder or an `.onnx` file
 * @throws InspectorError `model-missing`, `model-unsupported`, `model-broken`
 */
export function locateGraphs(path: string): GraphFiles {
  if (!existsSync(path)) {
    throw new InspectorError(
      'model-missing',
      `There is no model at ${path}. Choose another model, or correct the setting.`,
    );
  }
  const isFolder = statsOf(path)?.isDirectory() ?? false;
  const graphs: GraphFiles | undefined = isFolder ? graphsIn(path) : { kind: 'single', file: path };
  if (!graphs) throw noGraphIn(path, listVariants(path));
  for (const file of graphs.kind === 'single' ? [graphs.file] : [graphs.encoder, graphs.decoder]) {
    if (!statsOf(file)?.isFile()) {
      throw new InspectorError(
        'model-missing',
        `${file} is not a file: put the exported model there, or choose another one.`,
      );
    }
    refuseOtherFormat(file);
  }
  return graphs;
}

/** Files of a folder that can be opened on their own, for people to choose from: other precisions, parts. */
export function listVariants(folder: string): string[] {
  return graphFolders(folder).flatMap(sub =>
    readdirSync(sub)
      .filter(file => file.endsWith('.onnx'))
      .sort()
      .map(file => join(sub, file)),
  );
}

function graphsIn(folder: string): GraphFiles | undefined {
  for (const sub of graphFolders(folder)) {
    for (const suffix of precisions) {
      const at = (name: string) => join(sub, `${name}${suffix}.onnx`);
      const single = at('model');
      if (existsSync(single)) return { kind: 'single', file: single };
      const encoder = at('encoder_model');
      const decoder = decoders.map(at).find(existsSync);
      if (existsSync(encoder) && decoder) return { kind: 'pair', encoder, decoder };
      if (decoder) return { kind: 'single', file: decoder };
      if (existsSync(encoder)) return { kind: 'single', file: encoder };
    }
  }
  const [only, ...others] = listVariants(folder);
  return only && others.length === 0 ? { kind: 'single', file: only } : undefined;
}

function graphFolders(folder: string): string[] {
  return [folder, join(folder, 'onnx')].filter(path => statsOf(path)?.isDirectory());
}

function readJson(file: string): Record<string, unknown> {
  try {
    const value = readJsonFileSync(file);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // A model can be shown without its configuration.
    return {};
  }
}
