import type { PositionTable } from '../../../protocol/positions';
import type { State } from '../../app/state';
import { sinusoidal, frequency, wavelength } from './formulaMath';
import { ownScheme } from './wanted';
import { positionPlace } from './positionPlace';
import { farthest } from '../../draw/color/signedCodes';

export type TableKind = 'learned' | 'sinusoidal';

/** Some rows of a table of positions, as they are on show. */
export interface TableWindow {
  readonly kind: TableKind;
  /** The model's own; computed by the formula otherwise. */
  readonly isOwn: boolean;
  /** Position of the first row, and how many rows there are. */
  readonly first: number;
  readonly rows: number;
  readonly dims: number;
  /** `[rows, dims]` */
  readonly values: Float32Array;
  /** The colours end at ± this. */
  readonly limit: number;
  /** Positions that can be gone to: from `from` up to, but without, `to`. */
  readonly from: number;
  readonly to: number;
  /** Positions that the model knows. */
  readonly total: number;
  /** Positions that a turn of a dimension takes; null where no formula says. */
  wave(dimension: number): number | null;
}

/** Positions of the reference where nothing limits them. */
const REFERENCE_ROWS = 512;
const CLOSE = 1e-3;

const windows = new WeakMap<object, Map<string, TableWindow>>();

/** The rows on show of the model's table, or of the formula's; null for a learned table that the model lacks. */
export function tableWindow(state: State, kind: TableKind): TableWindow | null {
  const { capture } = state;
  const place = positionPlace(state);
  if (!capture || !place) return null;
  const own = ownScheme(state, kind)?.table;
  if (!own && kind === 'learned') return null;
  const from = own?.first ?? 0;
  const to = own ? from + own.rows : Math.max(REFERENCE_ROWS, place.tokens);
  const count = Math.min(state.options.positions.rows, to - from);
  const follows = Math.floor(Math.max(0, place.query - from) / count) * count + from;
  const first = Math.max(from, Math.min(to - count, state.positions.look.first ?? follows));
  const made = windows.get(own ?? capture) ?? new Map<string, TableWindow>();
  windows.set(own ?? capture, made);
  const id = `${kind} ${first} ${count}`;
  const known = made.get(id);
  if (known) return known;
  const window = own
    ? ownWindow(kind, own, first, count)
    : { ...formulaWindow(first, count, capture.model.modelDim), to, total: to };
  made.set(id, window);
  return window;
}

function ownWindow(
  kind: TableKind,
  table: PositionTable,
  first: number,
  rows: number,
): TableWindow {
  const { dims, values, total } = table;
  const start = (first - table.first) * dims;
  const layout = kind === 'sinusoidal' ? layoutOf(table) : null;
  return {
    kind,
    isOwn: true,
    first,
    rows,
    dims,
    values: values.subarray(start, start + rows * dims),
    limit: farthest(values),
    from: table.first,
    to: table.first + table.rows,
    total,
    wave: dimension => (layout ? wavelength(layout(dimension)) : null),
  };
}

function formulaWindow(
  first: number,
  rows: number,
  dims: number,
): Omit<TableWindow, 'to' | 'total'> {
  return {
    kind: 'sinusoidal',
    isOwn: false,
    first,
    rows,
    dims,
    values: sinusoidal(first, rows, dims),
    limit: 1,
    from: 0,
    wave: dimension => wavelength(frequency(Math.floor(dimension / 2), dims)),
  };
}

/**
 * Which frequency each dimension of a model's sinusoidal table has: sines and cosines alternate, or all
 * sines come first. Null where the table is neither.
 */
function layoutOf({
  first,
  rows,
  dims,
  values,
}: PositionTable): ((dimension: number) => number) | null {
  const half = Math.ceil(dims / 2);
  const layouts = [
    (dim: number) => ({ pair: Math.floor(dim / 2), isSine: dim % 2 === 0 }),
    (dim: number) => ({ pair: dim % half, isSine: dim < half }),
  ];
  const fits = (layout: (dim: number) => { pair: number; isSine: boolean }): boolean =>
    Array.from({ length: Math.min(rows, 16) }, (_, row) => row).every(row =>
      Array.from({ length: dims }, (_, dim) => dim).every(dim => {
        const { pair, isSine } = layout(dim);
        const angle = (first + row) * frequency(pair, dims);
        const expected = isSine ? Math.sin(angle) : Math.cos(angle);
        return Math.abs((values[row * dims + dim] ?? NaN) - expected) < CLOSE;
      }),
    );
  const layout = layouts.find(fits);
  return layout ? dimension => frequency(layout(dimension).pair, dims) : null;
}

/** The dimension whose wave is drawn: the one that people chose, or one whose wave the window shows whole. */
export function shownDimension(window: TableWindow, chosen: number | null): number {
  if (chosen !== null) return Math.min(chosen, window.dims - 1);
  const dimensions = Array.from({ length: window.dims }, (_, i) => i);
  const short = dimensions.find(dim => (window.wave(dim) ?? 0) > window.rows / 2);
  return short ?? Math.floor(window.dims / 3);
}
