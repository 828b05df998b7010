import { closeSync, openSync } from 'node:fs';
import { floatLayout, writeFloats, type TensorSource } from '../files/safetensorsFile';
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
  model: string,
): Promise<Weights | undefined> {
  const tensors = weights.names.flatMap((name): TensorSource[] => {
    const weight = weights.get(name);
    if (!weight || !FLOATS.has(weight.dtype)) return [];
    return [{ name, dims: weight.dims, chunks: () => floatsOf(weight) }];
  });
  const layout = floatLayout(tensors);
  const key = JSON.stringify([VERSION, 'float32', ...weights.files]);
  if (!(await scratch.fits(key, layout.size))) return undefined;
  const path = await scratch.file(key, layout.size, model, file =>
    writeFloats(file, layout, tensors),
  );
  const { names, files, fileSize } = weights;
  return {
    ...{ names, files, fileSize },
    get: name => {
      const place = layout.places.get(name);
      if (!place) return weights.get(name);
      const { dtype, dims, from, to } = place;
      return { dtype, dims, path, offset: layout.header.length + from, length: to - from };
    },
  };
}

/** A tensor's numbers, in pieces. */
function* floatsOf({ path, offset, length, dtype, dims }: StoredWeight): Iterable<Float32Array> {
  const step = CHUNK * Math.max(1, length / Math.max(1, sizeOf(dims)));
  const source = openSync(path, 'r');
  try {
    for (let at = 0; at < length; at += step) {
      yield dequantise(readAt(source, offset + at, Math.min(step, length - at)), dtype);
    }
  } finally {
    closeSync(source);
  }
}
