import type { WeightMap } from '../../protocol/capture';
import { BLOCKED, weightCode } from '../../protocol/weightCode';
import { isBlocked } from './masks';

/** Weights of one head or of several folded into one, and which pairs the mask allows. */
export interface Weights {
  readonly queries: number;
  readonly keys: number;
  /** `[queries, keys]` */
  readonly weights: Float32Array;
  /** Softmax input `[queries, keys]`: says what the mask blocks. */
  readonly maskedScores: Float32Array;
  /** What a sink takes of each row `[queries]`; absent where there is none. */
  readonly sink?: Float32Array;
}

/** Codes of every pair, and what each key receives. */
export function encodeMap({ queries, keys, weights, maskedScores, sink }: Weights): WeightMap {
  const codes = new Uint8Array(queries * keys);
  const received = new Float32Array(keys);
  const seenBy = new Uint32Array(keys);
  for (let query = 0, at = 0; query < queries; query++) {
    for (let key = 0; key < keys; key++, at++) {
      if (isBlocked(maskedScores[at] ?? 0)) {
        codes[at] = BLOCKED;
        continue;
      }
      const weight = weights[at] ?? 0;
      codes[at] = weightCode(weight);
      received[key] = (received[key] ?? 0) + weight;
      seenBy[key] = (seenBy[key] ?? 0) + 1;
    }
  }
  for (let key = 0; key < keys; key++) {
    received[key] = (received[key] ?? 0) / Math.max(1, seenBy[key] ?? 0);
  }
  return { queries, keys, codes, received, ...(sink ? { sink } : {}) };
}

/**
 * A small picture of a map: each cell is the code of the largest weight that it covers (a mean
 * would hide a head that picks single keys), blocked only where every pair is.
 * @param output receives `[rows, columns]`
 */
export function poolMap(map: Weights, rows: number, columns: number, output: Uint8Array): void {
  const { queries, keys, weights, maskedScores } = map;
  const largest = new Float32Array(columns);
  for (let row = 0; row < rows; row++) {
    largest.fill(-1);
    const last = Math.floor(((row + 1) * queries) / rows);
    for (let query = Math.floor((row * queries) / rows); query < last; query++) {
      for (let column = 0, key = 0; column < columns; column++) {
        const end = Math.floor(((column + 1) * keys) / columns);
        let most = largest[column] ?? -1;
        for (; key < end; key++) {
          const at = query * keys + key;
          const weight = weights[at] ?? 0;
          if (weight > most && !isBlocked(maskedScores[at] ?? 0)) most = weight;
        }
        largest[column] = most;
      }
    }
    for (let column = 0; column < columns; column++) {
      const most = largest[column] ?? -1;
      output[row * columns + column] = most < 0 ? BLOCKED : weightCode(most);
    }
  }
}
