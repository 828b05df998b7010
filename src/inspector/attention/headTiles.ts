import { codesOf, ROWS_AT_ONCE, type CellSpan } from '../../protocol/tileKernel';
import { BASE_STEP, sampledQuery, type Tile, type TileParams } from '../../protocol/tiles';
import { breaths } from '../runtime/breathe';
import type { LogRows } from './logRows';

export type TileArea = Omit<TileParams, 'capture' | 'stack' | 'kind' | 'layer' | 'head'>;

/**
 * The map of one head of a long text, a rectangle at a time. The maxima of 32 × 32 blocks are made
 * in the same pass as the statistics of their rows and kept, so that looking from afar costs that
 * pass once: 2 bytes for 1,024 weights.
 */
export class HeadTiles {
  private readonly baseRows: number;
  private readonly baseColumns: number;
  /** Codes of the blocks `[baseRows, baseColumns]`, as weights and relative to their rows. */
  private readonly weights: Uint8Array;
  private readonly relative: Uint8Array;
  private readonly made: Uint8Array;

  constructor(private readonly rows: LogRows) {
    this.baseRows = Math.ceil(rows.queries / BASE_STEP);
    this.baseColumns = Math.ceil(rows.keys / BASE_STEP);
    this.weights = new Uint8Array(this.baseRows * this.baseColumns);
    this.relative = new Uint8Array(this.baseRows * this.baseColumns);
    this.made = new Uint8Array(this.baseRows);
  }

  /** One tile, clipped to the map. Gives way to other requests while it computes. */
  async tile(area: TileArea): Promise<Tile> {
    const { row, column, step } = area;
    const rows = Math.min(area.rows, Math.ceil((this.rows.queries - row) / step));
    const columns = Math.min(area.columns, Math.ceil((this.rows.keys - column) / step));
    const clipped = { ...area, rows, columns };
    const fromBase = [row, column, step].every(value => value % BASE_STEP === 0);
    const codes = area.sampled
      ? await this.sampled(clipped)
      : fromBase
        ? await this.pooled(clipped)
        : await this.exact(clipped);
    return { row, column, rows, columns, step, codes };
  }

  /** One query for each row of cells. */
  private sampled(area: TileArea): Promise<Uint8Array> {
    const { row, rows, step } = area;
    const queries = Array.from({ length: rows }, (_, i) =>
      sampledQuery(row + i * step, step, this.rows.queries),
    );
    return this.maximaOf(area, queries, 1);
  }

  /** All queries of each row of cells. */
  private exact(area: TileArea): Promise<Uint8Array> {
    const { row, rows, step } = area;
    const end = Math.min(this.rows.queries, row + rows * step);
    const queries = Array.from({ length: end - row }, (_, i) => row + i);
    return this.maximaOf(area, queries, step);
  }

  private async maximaOf(
    { rows, columns, column, step, relative = false }: TileArea,
    queries: readonly number[],
    perCell: number,
  ): Promise<Uint8Array> {
    const breathe = breaths();
    const cells: CellSpan = { first: column, cells: columns, step };
    const maxima = new Float32Array(rows * columns).fill(-Infinity);
    for (let at = 0; at < queries.length; at += ROWS_AT_ONCE) {
      const some = queries.slice(at, at + ROWS_AT_ONCE);
      const found = await this.rows.maxima(some, cells);
      some.forEach((_, i) => {
        const target = Math.floor((at + i) / perCell) * columns;
        const line = found.logWeights.subarray(i * columns, (i + 1) * columns);
        raise(maxima.subarray(target, target + columns), line, offsetOf(found, i, relative));
      });
      await breathe();
    }
    return codesOf(maxima);
  }

  /** Maxima of whole blocks; each block's row is made when it is first needed. */
  private async pooled({ row, column, rows, columns, step, relative }: TileArea) {
    const breathe = breaths();
    const factor = step / BASE_STEP;
    const [top, left] = [row / BASE_STEP, column / BASE_STEP];
    const codes = new Uint8Array(rows * columns);
    const base = relative ? this.relative : this.weights;
    for (let at = 0; at < rows * factor && top + at < this.baseRows; at++) {
      await this.make(top + at);
      const target = Math.floor(at / factor) * columns;
      const source = (top + at) * this.baseColumns + left;
      const width = Math.min(columns * factor, this.baseColumns - left);
      for (let i = 0; i < width; i++) {
        const code = base[source + i] ?? 0;
        const cell = target + Math.floor(i / factor);
        if (code > (codes[cell] ?? 0)) codes[cell] = code;
      }
      await breathe();
    }
    return codes;
  }

  /** Makes one row of blocks. */
  private async make(baseRow: number): Promise<void> {
    if (this.made[baseRow] === 1) return;
    const first = baseRow * BASE_STEP;
    const length = Math.min(BASE_STEP, this.rows.queries - first);
    const queries = Array.from({ length }, (_, i) => first + i);
    const cells = { first: 0, cells: this.baseColumns, step: BASE_STEP };
    const found = await this.rows.maxima(queries, cells);
    for (const relative of [false, true]) {
      const maxima = new Float32Array(this.baseColumns).fill(-Infinity);
      queries.forEach((_, i) => {
        const line = found.logWeights.subarray(i * cells.cells, (i + 1) * cells.cells);
        raise(maxima, line, offsetOf(found, i, relative));
      });
      const base = relative ? this.relative : this.weights;
      base.set(codesOf(maxima), baseRow * this.baseColumns);
    }
    this.made[baseRow] = 1;
  }
}

/** What is taken off a row's log weights for weights relative to its largest one. */
const offsetOf = (
  { largest }: { largest: Float32Array },
  row: number,
  relative: boolean,
): number => (relative ? (largest[row] ?? 0) : 0);

/** Raises each cell to the value beside it. */
function raise(maxima: Float32Array, values: Float32Array, offset: number): void {
  for (let i = 0; i < maxima.length; i++) {
    const value = (values[i] ?? -Infinity) - offset;
    if (value > (maxima[i] ?? -Infinity)) maxima[i] = value;
  }
}
