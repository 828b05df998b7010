import { basename, dirname, join } from 'node:path';
import type { DiskFormat, DiskModel } from '../../protocol/diskModels';
import { InspectorError } from '../../protocol/errors';
import {
  hasAdapter,
  isGraphName,
  ModelFile,
  SAFETENSORS_NAME,
  TORCH_NAME,
} from '../../protocol/modelFiles';
import { checkConfiguration } from '../families/buildModel';
import { checkAdapter } from '../families/loraConfig';
import { statsOf } from '../files/regularFile';
import { declaredTensors } from './declaredTensors';
import { sizeOf } from '../runtime/tensor';
import { adaptedAt, readAdapterConfiguration } from '../source/adapter';
import type { Configuration } from '../source/configuration';
import { homeFolder } from '../source/home';
import { graphFiles, sourceAt } from '../source/source';
import { readTorchFile } from '../weights/torch/torchFile';
import { bytesOf, entriesOf } from './listing';
import { smallJson } from './smallJson';

/** What the files of a model tell of it. */
export type Facts = Omit<DiskModel, 'path' | 'name' | 'place' | 'memory'>;

/** What exporters append to a graph's name for the precision of its weights. */
const SUFFIXES: readonly (readonly [RegExp, string])[] = [
  [/_fp16$/, 'float16'],
  [/_bf16$/, 'bfloat16'],
  [/_u?int8$|_quantized$|_q8$/, '8 bits'],
  [/_q4f16$/, '4 bits, float16'],
  [/_q4$|_bnb4$|_int4$/, '4 bits'],
];
const DTYPES: Readonly<Record<string, string>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

/**
 * What a model folder or a graph holds, by the names of its files, its configuration and the header of
 * its first file of weights; undefined where it holds no model.
 */
export async function folderFacts(path: string): Promise<Facts | undefined> {
  if (isGraphName(path)) return statsOf(path) ? graphFacts(path, homeFolder(path)) : undefined;
  const { files } = await entriesOf(path);
  const inside = await entriesOf(join(path, 'onnx'));
  if ([...files, ...inside.files].some(isGraphName)) return graphFacts(path, path);
  if (hasAdapter(files)) return adapterFacts(path);
  for (const [format, pattern] of [
    ['safetensors', SAFETENSORS_NAME],
    ['PyTorch', TORCH_NAME],
  ] as const) {
    const weights = files.filter(name => pattern.test(name)).map(name => join(path, name));
    if (weights.length > 0) return weightFacts(path, format, weights);
  }
  return undefined;
}

async function graphFacts(path: string, home: string): Promise<Facts> {
  const family = familyOf(await configOf(home));
  try {
    const graphs = graphFiles(sourceAt(path).graphs);
    const bytes = await Promise.all(graphs.map(graphBytes));
    const [first = ''] = graphs;
    const stem = basename(first, '.onnx');
    const precision = SUFFIXES.find(([pattern]) => pattern.test(stem))?.[1];
    return {
      format: 'ONNX',
      ...family,
      ...(precision === undefined ? {} : { precision }),
      bytes: bytes.reduce((sum, each) => sum + each, 0),
    };
  } catch (error) {
    return { format: 'ONNX', ...family, bytes: 0, ...refusal(error) };
  }
}

/** A graph and the files of its weights: what lies beside it and begins with its name. */
async function graphBytes(graph: string): Promise<number> {
  const folder = dirname(graph);
  const { files } = await entriesOf(folder);
  const own = files.filter(name => name === basename(graph) || isDataOf(graph, name));
  const bytes = await Promise.all(own.map(name => bytesOf(join(folder, name))));
  return bytes.reduce((sum, each) => sum + each, 0);
}

function isDataOf(graph: string, name: string): boolean {
  return name.startsWith(basename(graph)) && /^[._]data/.test(name.slice(basename(graph).length));
}

async function weightFacts(
  path: string,
  format: DiskFormat,
  files: readonly string[],
): Promise<Facts> {
  const sizes = await Promise.all(files.map(bytesOf));
  const config = await configOf(path);
  const precision = await precisionOf(format, files[0] ?? '').catch(refusal);
  return {
    format,
    ...familyOf(config),
    bytes: sizes.reduce((sum, each) => sum + each, 0),
    ...refusalOf(path, config),
    ...precision,
  };
}

/** An adapter has the family and the precision of the model that it changes. */
async function adapterFacts(path: string): Promise<Facts | undefined> {
  const format = 'LoRA';
  const own = await bytesOf(join(path, ModelFile.adapterWeights));
  try {
    const adapted = adaptedAt(path);
    if (!adapted) return undefined;
    checkAdapter(readAdapterConfiguration(adapted.adapter.configuration));
    const base = await folderFacts(adapted.base);
    return base && { ...base, format, bytes: base.bytes + own };
  } catch (error) {
    return { format, bytes: own, ...refusal(error) };
  }
}

/** The type of most of the elements of a file, by its header. */
async function precisionOf(
  format: DiskFormat,
  file: string,
): Promise<{ readonly precision?: string }> {
  const counts = new Map<string, number>();
  for (const { dtype, dims } of await tensorsOf(format, file)) {
    counts.set(dtype, (counts.get(dtype) ?? 0) + sizeOf(dims));
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most ? { precision: DTYPES[most[0]] ?? most[0] } : {};
}

async function tensorsOf(format: DiskFormat, file: string) {
  return format === 'PyTorch' ? (await readTorchFile(file)).values() : declaredTensors(file);
}

async function configOf(folder: string): Promise<Configuration> {
  const config = await smallJson(join(folder, ModelFile.configuration));
  return typeof config === 'object' && config !== null ? (config as Configuration) : {};
}

function familyOf({ model_type: type }: Configuration): { readonly family?: string } {
  return typeof type === 'string' && type !== '' ? { family: type.slice(0, 60) } : {};
}

/**
 * Why what lies at a path will not open, as far as its names and first bytes tell.
 * @param config of a model that is built from its weights
 */
export function refusalOf(path: string, config?: Configuration): { readonly refused?: string } {
  try {
    const { graphs } = sourceAt(path);
    if (graphs.kind === 'weights') checkConfiguration(config ?? {});
    return {};
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): { readonly refused: string } {
  if (error instanceof InspectorError) return { refused: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return { refused: `It cannot be read: ${reason}.` };
}
