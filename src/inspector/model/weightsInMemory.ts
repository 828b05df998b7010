import { freemem } from 'node:os';
import { InspectorError } from '../../protocol/errors';
import type { Model } from '../onnx/file/types';
import { weightSizes, type WeightSizes } from '../onnx/file/weightSizes';
import type { WeightsInMemory } from '../runtime/session';
import { formatBytes } from './tensors/memoryBudget';

/** A run with changes has a session beside the plain one. */
const SESSIONS = 2;
/** Bytes that a session with copies of its weights takes, by those of the weights in float32. */
const COPIED = 1.2;
/** The same where they are widened in every run: all of them are there at once, besides the file. */
const WIDENED_IN_RUNS = 1.7;
/** The part of the free memory that copies may take: what else runs needs some, and so do long texts. */
const PACKED_SHARE = 1 / 4;
const WIDENED_SHARE = 1 / 2;

/** Bytes that are free now, within what the process may take. */
export function freeMemory(): number {
  return typeof process.availableMemory === 'function' ? process.availableMemory() : freemem();
}

/** How a model's weights are kept, and a sentence that says so. */
export interface MemoryPlan {
  readonly weights: WeightsInMemory;
  readonly note: string;
}

/**
 * Decides by the free memory how the weights of a model that was built from them are kept: copies
 * make runs quicker, by a tenth or so, and cost as much memory as the weights have in float32.
 * @throws InspectorError `out-of-memory` for half precision that cannot be widened even in a run
 */
export function planMemory({ float32, kind }: WeightSizes, free: number): MemoryPlan {
  const [size, room] = [formatBytes(float32), formatBytes(free)];
  const copies = SESSIONS * COPIED * float32;
  // Quantised ones are much slower where they are not arranged for products.
  if (copies <= (kind === 'quantised' ? WIDENED_SHARE : PACKED_SHARE) * free) {
    return {
      weights: { isPacked: true, isWidened: true },
      note: `Its weights (${size}${kind === 'quantised' ? '' : ' in float32'}) are copied into memory, which makes runs quicker.`,
    };
  }
  if (kind === 'quantised') {
    return {
      weights: { isPacked: false, isWidened: true },
      note: `Its weights (${size}) stay in their files, since copies would take much of the free memory (${room}): runs take two to three times as long.`,
    };
  }
  if (kind === 'float32') {
    return {
      weights: { isPacked: false, isWidened: true },
      note: `Its weights (${size}) stay in their files, since copies would take much of the free memory (${room}): runs take a little longer.`,
    };
  }
  if (copies <= WIDENED_SHARE * free) {
    return {
      weights: { isPacked: false, isWidened: true },
      note: `Its weights of half precision are widened in memory (${size}), and not arranged for products, since that would take much of the free memory (${room}): runs take a little longer.`,
    };
  }
  if (kind === 'bfloat16' && WIDENED_IN_RUNS * float32 <= free) {
    return {
      weights: { isPacked: false, isWidened: false },
      note: `Its weights of half precision stay in their files and are widened in every run (${size}), since keeping them would take much of the free memory (${room}): runs take about twice as long.`,
    };
  }
  if (kind === 'float16' && copies <= free) {
    return {
      weights: { isPacked: false, isWidened: true },
      note: `Its weights of half precision are widened in memory (${size}), which takes most of what is free (${room}).`,
    };
  }
  const needed = kind === 'float16' ? copies : WIDENED_IN_RUNS * float32;
  throw new InspectorError(
    'out-of-memory',
    `The model needs about ${formatBytes(needed)} of memory to be run in float32, and ${room} are free: close other programs, or take a smaller model or a GGUF file of it.`,
  );
}

/** Whether weights of half precision have no room in memory, even widened in every run. */
export function needsScratch({ float32, kind }: WeightSizes, free: number): boolean {
  if (kind === 'bfloat16') return WIDENED_IN_RUNS * float32 > free;
  return kind === 'float16' && SESSIONS * COPIED * float32 > free;
}

/**
 * How the weights of a model that was built from them are kept.
 * @param free bytes of memory that are free
 * @throws InspectorError `out-of-memory`
 */
export function memoryOf(
  model: Model,
  free: number,
): {
  readonly weights: WeightsInMemory;
  readonly notes: readonly string[];
} {
  const { weights, note } = planMemory(weightSizes(model), free);
  return { weights, notes: [note] };
}
