import { closeSync, openSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { InspectorError } from '../../../protocol/errors';
import { breaths } from '../../runtime/breathe';
import type { ScratchFolder } from '../scratch/scratchFolder';
import type { FilePlace, StoredWeight, Weights } from '../weights';
import type { Levels, Quantisation } from './blocks';
import { dequantise, unpackBlocks } from './dequantise';
import type { GgufWeights } from './ggufWeights';
import { readAt } from './readNumbers';
import {
  levelsName,
  middleOf,
  rewritePlan,
  scalesName,
  zerosName,
  type Rewritten,
  type RewritePlan,
} from './rewritePlan';

/** Changes whenever what is written changes. */
const VERSION = 2;
/** Bytes of a source that are read at a time. */
const CHUNK = 2 ** 21;

/**
 * A model's tensors in forms that the runtime takes: quantised ones packed or as float32, rows of
 * queries and keys in the checkpoint's order. They are written into a scratch file once and found there
 * the next time; what the runtime can take from the model's own file stays there.
 * @param headDim rows of a head
 * @throws InspectorError `out-of-memory` where there is no room; `cancelled`
 */
export async function rewritten(
  weights: GgufWeights,
  headDim: number,
  scratch: ScratchFolder,
  name: string,
  signal?: AbortSignal,
): Promise<Weights> {
  const fast = rewritePlan(weights, headDim, false);
  if (fast.tensors.length === 0) return weights;
  const keyOf = (form: string) => JSON.stringify([VERSION, form, ...weights.files]);
  const isFast = await scratch.fits(keyOf('fast'), fast.size);
  const plan = isFast ? fast : rewritePlan(weights, headDim, true);
  const path = await scratch.file(keyOf(isFast ? 'fast' : 'compact'), plan.size, name, file =>
    writeAll(file, plan, signal),
  );
  const moved = new Map(plan.tensors.map(each => [each.name, placed(each, plan, path)]));
  return { ...weights, get: each => moved.get(each) ?? weights.get(each) };
}

function placed(tensor: Rewritten, plan: RewritePlan, path: string): StoredWeight {
  const { name, weight, quantisation, isPacked } = tensor;
  const at = (entry: string) => placeOf(plan, entry, path);
  if (!quantisation) return { ...weight, ...at(name) };
  if (!isPacked) return { ...weight, dtype: 'F32', ...at(name) };
  const { bits, group } = quantisation;
  const levels = at(levelsName(name));
  const packed = {
    bits,
    group,
    levels,
    scales: at(scalesName(name)),
    ...(quantisation.hasOffsets ? { zeros: at(zerosName(name)) } : {}),
  };
  return { ...weight, dtype: 'packed', ...levels, packed };
}

function placeOf({ places, header }: RewritePlan, name: string, path: string): FilePlace {
  const { from = 0, to = 0 } = places.get(name) ?? {};
  return { path, offset: header.length + from, length: to - from };
}

async function writeAll(file: FileHandle, plan: RewritePlan, signal?: AbortSignal): Promise<void> {
  const breathe = breaths();
  await writeBytes(file, plan.header, 0);
  for (const tensor of plan.tensors) {
    const source = openSync(tensor.weight.path, 'r');
    try {
      for (let row = 0; row < tensor.rows;) {
        if (signal?.aborted)
          throw new InspectorError('cancelled', 'Opening the model was cancelled.');
        row = await writeRows(file, source, tensor, row, plan);
        await breathe();
      }
    } finally {
      closeSync(source);
    }
  }
}

/** Writes as many rows as are read at a time, and says which one is next. */
async function writeRows(
  file: FileHandle,
  source: number,
  tensor: Rewritten,
  from: number,
  plan: RewritePlan,
): Promise<number> {
  const { name, weight, rows, rowBytes, head = 1, quantisation, isPacked } = tensor;
  const to = Math.min(rows, from + head * Math.max(1, Math.floor(CHUNK / (rowBytes * head))));
  const read = readAt(source, weight.offset + from * rowBytes, (to - from) * rowBytes);
  const bytes = tensor.head === undefined ? read : unpermuted(read, rowBytes, head);
  /** Puts the part of a tensor of the new file that these rows make. */
  const put = (entry: string, part: Uint8Array | Float32Array) => {
    const place = placeOf(plan, entry, '');
    return writeBytes(file, bytesOf(part), place.offset + (place.length / rows) * from);
  };
  if (!quantisation) await put(name, bytes);
  else if (isPacked) {
    const levels = unpackBlocks(bytes, quantisation);
    if (quantisation.hasOffsets) await put(zerosName(name), zerosOf(levels, quantisation));
    await put(levelsName(name), packedLevels(levels, quantisation));
    await put(scalesName(name), levels.scales);
  } else await put(name, dequantise(bytes, weight.dtype));
  return to;
}

/**
 * Rows of heads in the order of the checkpoint: the first of two that turn together are the first half
 * of a head, where llama.cpp has them as neighbours.
 */
function unpermuted(bytes: Uint8Array, rowBytes: number, head: number): Uint8Array {
  const result = new Uint8Array(bytes.length);
  for (let row = 0; row < bytes.length / rowBytes; row++) {
    const within = row % head;
    const half = head / 2;
    const stored = row - within + 2 * (within % half) + Math.floor(within / half);
    const at = stored * rowBytes;
    result.set(bytes.subarray(at, at + rowBytes), row * rowBytes);
  }
  return result;
}

/**
 * The level of 0 of each group, which stands for its offset: scale · (level − zero − offset / scale).
 * A group without a scale has the one number − offset; its levels are made 0, its scale the offset.
 */
function zerosOf({ levels, scales, offsets }: Levels, { group, zero }: Quantisation): Float32Array {
  return scales.map((scale, g) => {
    const offset = offsets[g] ?? 0;
    const own = zero + offset / scale;
    if (Number.isFinite(Math.fround(own))) return own;
    levels.fill(0, g * group, (g + 1) * group);
    scales[g] = offset;
    return 1;
  });
}

/** Levels around the middle, two to a byte where they have 4 bits. */
function packedLevels({ levels }: Levels, quantisation: Quantisation): Uint8Array {
  const { bits, zero, hasOffsets } = quantisation;
  const moved = hasOffsets ? 0 : middleOf(quantisation) - zero;
  if (bits === 8) return levels.map(level => level + moved);
  const halves = new Uint8Array(levels.length / 2);
  for (let i = 0; i < halves.length; i++) {
    const [low, high] = [levels[2 * i] ?? 0, levels[2 * i + 1] ?? 0];
    halves[i] = (low + moved) | ((high + moved) << 4);
  }
  return halves;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function writeBytes(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
