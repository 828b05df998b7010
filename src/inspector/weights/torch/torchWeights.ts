import { stat } from 'node:fs/promises';
import { InspectorError } from '../../../protocol/errors';
import { stampsOf } from '../../files/fileStamps';
import { shortened } from '../../files/shortened';
import type { StoredWeight, Weights } from '../weights';
import { readTorchFile } from './torchFile';

/**
 * The tensors of a checkpoint in one or several files of PyTorch; nothing in them is ever called.
 * @param paths in the order of the checkpoint's index
 * @param beside other files that the model comes from, which count as its own when they change
 * @throws InspectorError `model-broken`, `model-unsupported`
 */
export async function openTorchFiles(
  paths: readonly string[],
  beside: readonly string[] = [],
): Promise<Weights> {
  // Before they are read: what changes meanwhile counts as changed.
  const files = await stampsOf([...paths, ...beside]);
  const stored = new Map<string, StoredWeight>();
  let fileSize = 0;
  for (const path of paths) {
    for (const [name, weight] of await readTorchFile(path)) {
      if (stored.has(name)) {
        throw new InspectorError(
          'model-broken',
          `${path} holds “${shortened(name)}”, which is in another file of the model, too: download the model again.`,
        );
      }
      stored.set(name, weight);
    }
    fileSize += (await stat(path)).size;
  }
  return { names: [...stored.keys()], get: name => stored.get(name), files, fileSize };
}
