import type { DiskFormat } from '../../protocol/diskModels';

/** What a model takes beside its weights: the process, a graph, runs of texts of usual length. */
const BASE = 150e6;
/** What the runtime lays out anew of its weights, on top of them. */
const LAID_OUT = 1.2;
/** Packed weights are laid out anew as a whole; some kinds of them are unpacked. */
const PACKED = 2.2;
/** Bytes in memory for a byte on the disk: the runtime computes in float32. */
const WIDENED: Readonly<Record<string, number>> = { float16: 2, bfloat16: 2, float64: 0.5 };

/** Bytes of memory that a model takes once it is open, about, by what its headers say. */
export function memoryNeeded(format: DiskFormat, bytes: number, precision?: string): number {
  if (format === 'GGUF') return BASE + PACKED * bytes;
  return BASE + LAID_OUT * (WIDENED[precision ?? ''] ?? 1) * bytes;
}
