import { GRAPH_FOLDER, isGraphName, ModelFile, TOKENIZER_FILES } from '../protocol/modelFiles';
import { DECODER_GRAPHS, GRAPH_PRECISIONS } from '../protocol/openedFiles';
import type { ModelAddress } from './address';
import { downloadFailure } from './failures';
import type { HubFile } from './listing';
import type { WeightFormat } from './openable';

/** What is fetched of a model. */
export interface Choice {
  readonly format: WeightFormat;
  /** The small ones first. */
  readonly files: readonly HubFile[];
  /** Path in the model of what is opened: `''` is its folder. */
  readonly opened: string;
}

/** What decides which files are chosen. */
export interface Wanted {
  readonly address: ModelAddress;
  /** Why the model cannot be opened from its weights alone; undefined where it can. */
  readonly refusal: string | undefined;
  /** What can be opened. */
  readonly formats: readonly WeightFormat[];
}

type Files = ReadonlyMap<string, HubFile>;

/** Files beside the weights that are read. */
const BESIDE: readonly string[] = [ModelFile.generation, ...TOKENIZER_FILES];
const SHARD = /^(.*)-(\d{5})-of-(\d{5})(\.\w+)$/;
const MOST_SHARDS = 1000;

/**
 * The smallest complete set of a model's files that can be opened: configuration, tokenizer, and one
 * form of the weights: safetensors, else ONNX, else PyTorch's; or the file that was named.
 * @throws InspectorError `download-failed` with the reason where there is none
 */
export function chooseFiles(all: readonly HubFile[], wanted: Wanted): Choice {
  const { address, refusal, formats } = wanted;
  const files: Files = new Map(all.map(file => [file.path, file]));
  const beside = BESIDE.flatMap(name => files.get(name) ?? []);
  const chosen = (format: WeightFormat, weights: readonly HubFile[], opened = ''): Choice => ({
    format,
    files: [...new Set([...beside, ...weights])],
    opened,
  });
  if (address.file !== undefined) {
    const named = files.get(address.file);
    if (!named) throw downloadFailure(`${address.name} has no file ${address.file}.`);
    if (isGraphName(named.path)) {
      return chosen('ONNX', withData(named, all), named.path);
    }
    if (!formats.includes('GGUF')) throw noGguf(address.name);
    return { ...chosen('GGUF', splitsOf(named, files, address.name), named.path) };
  }
  const safetensors = weightsIn(files, 'model', '.safetensors', address.name);
  if (safetensors && refusal === undefined) return chosen('safetensors', safetensors);
  const graphs = graphsIn(files, all);
  if (graphs) return chosen('ONNX', graphs);
  const pytorch = weightsIn(files, 'pytorch_model', '.bin', address.name);
  if (pytorch && refusal === undefined && formats.includes('PyTorch'))
    return chosen('PyTorch', pytorch);
  throw nothingToOpen(all, wanted, safetensors !== undefined || pytorch !== undefined);
}

/** Weights as one file, or as all shards with their index; undefined where there are none. */
function weightsIn(
  files: Files,
  stem: string,
  end: string,
  model: string,
): readonly HubFile[] | undefined {
  const single = files.get(`${stem}${end}`);
  if (single) return [single];
  const index = files.get(`${stem}${end}.index.json`);
  const shard = [...files.values()].find(({ path }) => {
    const [, before, , , after] = SHARD.exec(path) ?? [];
    return before === stem && after === end;
  });
  if (!shard) return undefined;
  if (!index)
    throw downloadFailure(`${model} has no ${stem}${end}.index.json, so its parts cannot be read.`);
  return [index, ...splitsOf(shard, files, model)];
}

/** A file with all others that it was split into; itself where it is whole. */
function splitsOf(file: HubFile, files: Files, model: string): readonly HubFile[] {
  const [, stem = '', , count = '', end = ''] = SHARD.exec(file.path) ?? [];
  if (count === '') return [file];
  if (Number(count) < 1 || Number(count) > MOST_SHARDS) {
    throw downloadFailure(`${model} is split into ${Number(count)} files, which no model is.`);
  }
  return Array.from({ length: Number(count) }, (_, i) => {
    const path = `${stem}-${String(i + 1).padStart(5, '0')}-of-${count}${end}`;
    const part = files.get(path);
    if (!part) throw downloadFailure(`${model} is not complete on the Hub: ${path} is missing.`);
    return part;
  });
}

/** The graphs that are opened when the model's folder is, with their weights. */
function graphsIn(files: Files, all: readonly HubFile[]): readonly HubFile[] | undefined {
  const folders = ['', `${GRAPH_FOLDER}/`];
  for (const folder of folders) {
    for (const precision of GRAPH_PRECISIONS) {
      const at = (name: string) => files.get(`${folder}${name}${precision}.onnx`);
      const single = at('model');
      const pair = [at('encoder_model'), DECODER_GRAPHS.map(at).find(found => found)];
      const graphs = (single ? [single] : pair).filter(graph => graph !== undefined);
      if (graphs.length > 0) return graphs.flatMap(graph => withData(graph, all));
    }
  }
  const others = all.filter(({ path }) => isGraphName(path) && folders.includes(folderOf(path)));
  const [only] = others;
  return only && others.length === 1 ? withData(only, all) : undefined;
}

/** A graph with the files beside it that begin with its name: `model.onnx_data`, `model.onnx.data`. */
function withData(graph: HubFile, all: readonly HubFile[]): readonly HubFile[] {
  return all
    .filter(({ path }) => path.startsWith(graph.path) && folderOf(path) === folderOf(graph.path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

function nothingToOpen(
  all: readonly HubFile[],
  { address, refusal, formats }: Wanted,
  hasWeights: boolean,
) {
  const { name } = address;
  if (hasWeights && refusal !== undefined) {
    return downloadFailure(
      `${name} ${refusal}, and there is no ONNX file in its repository: export it, as docs/exporting.md shows, or choose another model. No weights were fetched.`,
    );
  }
  const graph = all.find(({ path }) => isGraphName(path));
  if (graph) {
    return downloadFailure(
      `${name} holds several ONNX files and none called model.onnx: add one of them to its name, as ${name}/${graph.path}.`,
    );
  }
  const gguf = all.find(({ path }) => /\.gguf$/i.test(path));
  if (gguf && !formats.includes('GGUF')) return noGguf(name);
  if (gguf) {
    return downloadFailure(
      `${name} holds GGUF files: add one of them to its name, as ${name}/${gguf.path}.`,
    );
  }
  if (hasWeights) {
    return downloadFailure(
      `${name} holds its weights as PyTorch saved them, which this version cannot open, and no safetensors or ONNX file: choose another model.`,
    );
  }
  if (all.some(({ path }) => /^adapter_(config\.json|model\.)/.test(path))) {
    return downloadFailure(
      `${name} is an adapter to another model and no model itself: choose one into which it is merged.`,
    );
  }
  return downloadFailure(
    `${name} holds no weights that can be opened (model.safetensors, an ONNX file or pytorch_model.bin): choose another model.`,
  );
}

function noGguf(name: string) {
  return downloadFailure(
    `${name} comes as GGUF, which this version cannot open: choose a repository with an ONNX file.`,
  );
}
