import { closeSync, openSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { elementBytes, writeHeader, type TensorPlace } from '../files/safetensorsHeader';
import { breaths } from '../runtime/breathe';
import { sizeOf } from '../runtime/tensor';
import { dequantise } from './gguf/dequantise';
import { readAt } from './gguf/readNumbers';
import type { ScratchFolder } from './scratch/scratchFolder';
import type { StoredWeight, Weights } from './weights';

/** Changes whenever what is written changes. */
const VERSION = 1;
/** Elements that are widened at a time. */
const CHUNK = 2 ** 20;
const FLOATS: ReadonlySet<string> = new Set(['F32', 'F16', 'BF16']);

/**
 * A model's numbers as float32 in a scratch file, which the runtime maps: of half precision it would
 * hold all of them at once in memory. The file is written once and found there the next time. All
 * numbers come along, since what the runtime maps must lie on one drive.
 * @returns undefined where the disk has no room for it
 * @throws InspectorError `out-of-memory` where the disk cannot be written to
 */
export async function widened(
  weights: Weights,
  scratch: ScratchFolder,
  name: string,
): Promise<Weights | undefined> {
  const floats = weights.names.flatMap(each => {
    const weight = weights.get(each);
    return weight && FLOATS.has(weight.dtype) ? [[each, weight] as const] : [];
  });
  const places = placesOf(floats);
  const header = writeHeader({ metadata: {}, tensors: places });
  const size = header.length + ([...places.values()].at(-1)?.to ?? 0);
  const key = JSON.stringify([VERSION, 'float32', ...weights.files]);
  if (!(await scratch.fits(key, size))) return undefined;
  const path = await scratch.file(key, size, name, async file => {
    await file.write(header);
    for (const [, weight] of floats) await writeFloats(file, weight);
  });
  const { names, files, fileSize } = weights;
  return {
    ...{ names, files, fileSize },
    get: each => {
      const weight = weights.get(each);
      const place = places.get(each);
      if (!weight || !place) return weight;
      const { from, to } = place;
      return {
        dtype: 'F32',
        dims: weight.dims,
        path,
        offset: header.length + from,
        length: to - from,
      };
    },
  };
}

function placesOf(weights: readonly (readonly [string, StoredWeight])[]): Map<string, TensorPlace> {
  const places = new Map<string, TensorPlace>();
  let from = 0;
  for (const [name, { dims }] of weights) {
    const to = from + sizeOf(dims) * elementBytes.F32;
    places.set(name, { dtype: 'F32', dims, from, to });
    from = to;
  }
  return places;
}

/** Writes a tensor's numbers behind what is there. */
async function writeFloats(file: FileHandle, weight: StoredWeight): Promise<void> {
  const { path, offset, length, dtype, dims } = weight;
  const breathe = breaths();
  const step = CHUNK * Math.max(1, length / Math.max(1, sizeOf(dims)));
  const source = openSync(path, 'r');
  try {
    for (let at = 0; at < length; at += step) {
      const bytes = readAt(source, offset + at, Math.min(step, length - at));
      const { buffer, byteOffset, byteLength } = dequantise(bytes, dtype);
      await file.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
      await breathe();
    }
  } finally {
    closeSync(source);
  }
}
