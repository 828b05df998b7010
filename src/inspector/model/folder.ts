import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { homeFolder } from '../huggingface/homeFolder';
import { readJsonFileSync } from '../huggingface/readJson';

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
 * @throws InspectorError `model-missing`
 */
export function locateModel(path: string): ModelFiles {
  const absolute = resolve(path);
  if (!existsSync(absolute)) {
    throw new InspectorError(
      'model-missing',
      `There is no model at ${absolute}. Choose another model, or correct the setting.`,
    );
  }
  const isFolder = statSync(absolute).isDirectory();
  const graphs: GraphFiles | undefined = isFolder
    ? graphsIn(absolute)
    : { kind: 'single', file: absolute };
  if (!graphs) {
    throw new InspectorError(
      'model-missing',
      `The folder ${absolute} holds no ONNX model (model.onnx, or encoder_model.onnx with decoder_model.onnx): export the model to ONNX first.`,
    );
  }
  const graphFiles = graphs.kind === 'single' ? [graphs.file] : [graphs.encoder, graphs.decoder];
  const irregular = graphFiles.find(file => !statSync(file).isFile());
  if (irregular) {
    throw new InspectorError(
      'model-missing',
      `${irregular} is not a file: put the exported model there, or choose another one.`,
    );
  }
  const home = homeFolder(absolute, isFolder);
  const tokenizer = readJson(join(home, 'tokenizer.json')).model as { type?: unknown } | undefined;
  return {
    path: absolute,
    name: basename(absolute),
    graphs,
    config: readJson(join(home, 'config.json')),
    ...(typeof tokenizer?.type === 'string' ? { tokenizer: tokenizer.type } : {}),
  };
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
  return [folder, join(folder, 'onnx')].filter(existsSync);
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
