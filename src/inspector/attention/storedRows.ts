import { keysOf, type CellSpan } from '../../protocol/tileKernel';
import { LOWEST_LOG, type LogRows, type RowMaxima } from './logRows';
import { isBlocked } from './masks';
import type { Weights } from './weightMap';

/** Rows whose weights the run kept, or that a run of their own made. */
export class StoredRows implements LogRows {
  constructor(
    readonly queries: number,
    readonly keys: number,
    /** Reads rows, in the order asked for. */
    private readonly read: (queries: readonly number[]) => Promise<Weights>,
  ) {}

  async maxima(queries: readonly number[], cells: CellSpan): Promise<RowMaxima> {
    const { weights, maskedScores, keys } = await this.read(queries);
    const logWeights = new Float32Array(queries.length * cells.cells).fill(-Infinity);
    const largest = new Float32Array(queries.length);
    const { first, end } = keysOf(cells, keys);
    queries.forEach((_, row) => {
      const start = row * keys;
      for (let key = first; key < end; key++) {
        if (isBlocked(maskedScores[start + key] ?? 0)) continue;
        const at = row * cells.cells + Math.floor((key - first) / cells.step);
        const value = logOf(weights[start + key] ?? 0);
        if (value > (logWeights[at] ?? -Infinity)) logWeights[at] = value;
      }
      let most = 0;
      for (let at = start; at < start + keys; at++) most = Math.max(most, weights[at] ?? 0);
      largest[row] = logOf(most);
    });
    return { logWeights, largest };
  }
}

/** log of a weight that the mask allows: never −∞, NaN included. */
const logOf = (weight: number): number => (weight > 0 ? Math.log(weight) : LOWEST_LOG);
