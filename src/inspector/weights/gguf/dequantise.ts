import { widenBfloat16s, widenHalves } from '../../../protocol/float16';
import { InspectorError } from '../../../protocol/errors';
import type { Levels, Quantisation } from './blocks';
import { SMALL_BLOCKS } from './smallBlocks';
import { SUPER_BLOCKS } from './superBlocks';

const QUANTISATIONS = new Map(Object.entries({ ...SMALL_BLOCKS, ...SUPER_BLOCKS }));

/** Plain numbers: bytes of an element, and how they become float32. */
const PLAIN: Readonly<
  Record<string, { readonly bytes: number; readonly read: (buffer: ArrayBuffer) => Float32Array }>
> = {
  F32: { bytes: 4, read: buffer => new Float32Array(buffer) },
  F16: { bytes: 2, read: buffer => widenHalves(new Uint16Array(buffer)) },
  BF16: { bytes: 2, read: buffer => widenBfloat16s(new Uint16Array(buffer)) },
};

/** The quantisation of that name, where its numbers are levels that can be read. */
export function quantisationNamed(dtype: string): Quantisation | undefined {
  return QUANTISATIONS.get(dtype);
}

/** Whether numbers stored like this can be read at all. */
export function isReadable(dtype: string): boolean {
  return Object.hasOwn(PLAIN, dtype) || QUANTISATIONS.has(dtype);
}

/** Levels, scales and offsets of whole blocks. */
export function unpackBlocks(bytes: Uint8Array, quantisation: Quantisation): Levels {
  const { elements, group, bytes: size, unpack } = quantisation;
  const blocks = Math.floor(bytes.length / size);
  const groups = elements / group;
  const into: Levels = {
    levels: new Uint8Array(blocks * elements),
    scales: new Float32Array(blocks * groups),
    offsets: new Float32Array(blocks * groups),
  };
  for (let i = 0; i < blocks; i++) unpack(bytes, i * size, into, i * elements, i * groups);
  return into;
}

/**
 * The numbers of a tensor as float32, bit for bit those of gguf-py.
 * @param bytes whole blocks
 * @throws InspectorError `model-unsupported` for a quantisation that is not read
 */
export function dequantise(bytes: Uint8Array, dtype: string): Float32Array {
  const plain = Object.hasOwn(PLAIN, dtype) ? PLAIN[dtype] : undefined;
  // A copy begins where an element may.
  if (plain) return plain.read(new Uint8Array(bytes).buffer);
  const quantisation = QUANTISATIONS.get(dtype);
  if (!quantisation) throw unreadable(dtype);
  const { levels, scales, offsets } = unpackBlocks(bytes, quantisation);
  const { group, zero } = quantisation;
  const values = new Float32Array(levels.length);
  for (let g = 0; g < scales.length; g++) {
    const [scale, offset] = [scales[g] ?? 0, offsets[g] ?? 0];
    for (let i = g * group; i < (g + 1) * group; i++) {
      values[i] = Math.fround(scale * ((levels[i] ?? 0) - zero)) - offset;
    }
  }
  return values;
}

/** @param dtype name of a quantisation, or of numbers that are no weights */
export function unreadable(dtype: string): InspectorError {
  const known = [...Object.keys(PLAIN), ...QUANTISATIONS.keys()].join(', ');
  return new InspectorError(
    'model-unsupported',
    `Weights stored as ${dtype} cannot be read: choose a file of the model in one of ${known}.`,
  );
}
