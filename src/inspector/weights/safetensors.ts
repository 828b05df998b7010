import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { stampsOf } from '../files/fileStamps';
import { SafetensorsFile } from '../files/safetensorsFile';
import { shortened } from '../files/shortened';
import type { StoredWeight, Weights } from './weights';

/**
 * The tensors of a checkpoint in one or several `.safetensors` files. Their headers are read and
 * checked against the files' sizes; tensors neither overlap nor have the same name.
 * @param paths in the order of the checkpoint's index
 * @param beside other files that the model comes from, which count as its own when they change
 * @throws InspectorError `model-broken`
 */
export async function openSafetensors(
  paths: readonly string[],
  beside: readonly string[] = [],
): Promise<Weights> {
  // Before they are read: what changes meanwhile counts as changed.
  const files = await stampsOf([...paths, ...beside]);
  const stored = new Map<string, StoredWeight>();
  let fileSize = 0;
  for (const path of paths) {
    const fail = failure(path);
    const file = await SafetensorsFile.open(realPath(path, fail), fail);
    fileSize += file.size;
    for (const [name, { dtype, dims, from, to }] of file.tensors) {
      if (stored.has(name)) fail(`“${shortened(name)}” is in another file of the model, too`);
      const offset = file.start + from;
      stored.set(name, { dtype, dims, path: file.path, offset, length: to - from });
    }
  }
  return { names: [...stored.keys()], get: name => stored.get(name), files, fileSize };
}

type Fail = (what: string) => never;

function failure(path: string): Fail {
  return what => {
    throw new InspectorError(
      'model-broken',
      `The weights in ${shortened(basename(path))} cannot be read: ${what}. Download the file again.`,
    );
  };
}

/** Files of the Hugging Face cache are links; the runtime wants to know where they lead. */
function realPath(path: string, fail: Fail): string {
  try {
    return realpathSync(path);
  } catch {
    return fail('it is missing');
  }
}
