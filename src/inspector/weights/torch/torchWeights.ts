import { existsSync } from 'node:fs';
import { stampsOf } from '../../files/fileStamps';
import { join } from 'node:path';
import { gatherWeights, readWeightMap } from '../shards';
import type { Weights } from '../weights';
import { readTorchFile } from './torchFile';

/** The file of a model's weights as Transformers saved them before safetensors. */
export const TORCH_FILE = 'pytorch_model.bin';
/** The list of its shards, where there are several. */
export const TORCH_INDEX = 'pytorch_model.bin.index.json';

/**
 * The tensors of `pytorch_model.bin`, or of the shards that its index lists; undefined where a folder
 * has neither. Nothing in these files is ever called.
 * @throws InspectorError `model-broken`, `model-missing`, `model-unsupported`
 */
export async function torchWeights(folder: string): Promise<Weights | undefined> {
  if (existsSync(join(folder, TORCH_FILE))) {
    return gatherWeights(folder, [TORCH_FILE], readTorchFile);
  }
  const index = join(folder, TORCH_INDEX);
  if (!existsSync(index)) return undefined;
  const stamp = await stampsOf([index]);
  const map = await readWeightMap(index);
  const weights = await gatherWeights(folder, [...new Set(map.values())], readTorchFile, map);
  return { ...weights, files: new Map([...stamp, ...weights.files]) };
}
