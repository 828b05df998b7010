import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InspectorError } from '../../protocol/errors';

const LARGEST_CONFIGURATION = 10e6;

/**
 * The folder that holds a model's configuration and tokenizer: itself, or the one of the `.onnx` file.
 * @throws InspectorError `model-missing`
 */
export async function modelFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found) {
    throw new InspectorError(
      'model-missing',
      `There is no model at ${path}. Choose another model, or correct the setting.`,
    );
  }
  const folder = found.isDirectory() ? path : dirname(path);
  // Exports put their graphs into `onnx/`, below the folder with everything else.
  if (found.isDirectory() && basename(folder) !== 'onnx') return folder;
  const beside = await stat(join(folder, 'tokenizer.json')).catch(() => undefined);
  const above = await stat(join(folder, '..', 'tokenizer.json')).catch(() => undefined);
  return !beside && above ? dirname(folder) : folder;
}

/**
 * The token that a decoder of an encoder–decoder model starts with (`decoder_start_token_id` of the
 * configuration; models that lack it start with their first or padding token).
 */
export async function decoderStartToken(folder: string): Promise<number | undefined> {
  const files = ['generation_config.json', 'config.json'].map(name => join(folder, name));
  const texts = await Promise.all(files.map(readConfiguration));
  const configs = texts.map(parseObject);
  for (const name of ['decoder_start_token_id', 'bos_token_id', 'pad_token_id']) {
    for (const config of configs) {
      const id = config[name];
      if (typeof id === 'number' && Number.isInteger(id) && id >= 0) return id;
    }
  }
  return undefined;
}

/** The text of a configuration; an empty one where there is none or it is far too large to be one. */
async function readConfiguration(file: string): Promise<string> {
  const size = await stat(file).then(
    found => found.size,
    () => Infinity,
  );
  return size > LARGEST_CONFIGURATION ? '{}' : readFile(file, 'utf8').catch(() => '{}');
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
