import { basename } from 'node:path';
import { SafetensorsFile } from '../../files/safetensorsFile';
import type { Fail } from '../../files/boundedJson';
import { sizeOf } from '../../runtime/tensor';
import { wrong } from './target';

/** Numbers of the widest vector that is read. */
const MOST_NUMBERS = 2 ** 20;

/**
 * A vector `[width]` or `[1, width]` of a safetensors file.
 * @throws InspectorError `inputs-wrong`
 */
export async function readDirection(path: string, name: string): Promise<Float32Array> {
  const fail: Fail = reason => {
    throw wrong(`The vector “${name}” of ${basename(path)} cannot be read: ${reason}.`);
  };
  const file = await SafetensorsFile.open(path, fail);
  const place = file.tensors.get(name);
  if (!place) return fail('the file has no tensor of that name');
  const { dims } = place;
  const width = dims.at(-1) ?? 0;
  if (sizeOf(dims) !== width || dims.length > 2 || width > MOST_NUMBERS) {
    return fail(`its shape is [${dims.join(', ')}], not [width] or [1, width]`);
  }
  const numbers = await file.read(place, width);
  if (!numbers.every(Number.isFinite)) return fail('some of its numbers are not finite');
  return numbers;
}
