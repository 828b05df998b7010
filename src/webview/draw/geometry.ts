import { wholeSide, type Side } from './side';

/** Where the cells of a map lie: painting, labels, frames and the pointer all follow its sides. */
export interface MapGeometry {
  /** Cells of the whole map. */
  readonly rows: number;
  readonly columns: number;
  /** The rows and the columns on the canvas's device pixels. */
  readonly down: Side;
  readonly across: Side;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  /** Side of a cell in CSS pixels, gap included; below one where several cells share a pixel. */
  readonly cell: number;
  readonly width: number;
  readonly height: number;
  /** Device pixels from cell to cell; null where cells share pixels or take different numbers of them. */
  readonly pitch: number | null;
  /** Device pixels between cells. */
  readonly gap: number;
}

/** Room for a map in CSS pixels. */
export interface Room {
  readonly width: number;
  readonly height: number;
}

/** Largest cell of a map that is shown whole. */
const LARGEST_CELL = 24;
/** Smaller cells fill the room with what pixels there are: some cells have one more, or several share one. */
const SMALLEST_EVEN = 3;
/** Smallest cell that leaves a gap. */
const GAP_FROM = 7;

/** Fits `rows` × `columns` square cells into the room there is. */
export function mapGeometry(rows: number, columns: number, room: Room, ratio: number): MapGeometry {
  const wanted = Math.min(LARGEST_CELL, room.width / columns, room.height / rows);
  const even = Math.floor(wanted * ratio);
  const pitch = wanted >= SMALLEST_EVEN && even >= 1 ? even : null;
  const pixels = (cells: number): number =>
    pitch === null ? Math.max(1, Math.floor(wanted * cells * ratio)) : pitch * cells;
  const [down, across] = [wholeSide(rows, pixels(rows)), wholeSide(columns, pixels(columns))];
  return {
    ...{ rows, columns, down, across, ratio, pitch },
    cell: pitch === null ? wanted : pitch / ratio,
    width: across.pixels / ratio,
    height: down.pixels / ratio,
    gap: pitch === null ? 0 : gapOf(wanted, ratio),
  };
}

const gapOf = (cell: number, ratio: number): number =>
  cell >= GAP_FROM ? Math.max(1, Math.round(ratio)) : 0;

/** A part of a map at a level of zoom: whole cells of `pitch` pixels, or `step` cells in each pixel. */
export type Level =
  { readonly pitch: number; readonly step: 1 } | { readonly pitch: 1; readonly step: number };

/** The part of a map that a frame shows whose first cell is given; `frame` in device pixels. */
export function zoomedGeometry(
  size: { readonly rows: number; readonly columns: number },
  first: { readonly row: number; readonly column: number },
  { pitch, step }: Level,
  frame: { readonly width: number; readonly height: number },
  ratio: number,
): MapGeometry {
  const fitting = (pixels: number, cells: number): number =>
    Math.min(Math.floor(pixels / pitch), Math.ceil(cells / step));
  const side = (wanted: number, cells: number, room: number): Side => {
    const shown = fitting(room, cells);
    const last = Math.max(0, Math.ceil(cells / step) - shown) * step;
    const first = Math.max(0, Math.min(last, Math.round(wanted / step) * step));
    const span = shown * step;
    return { first, inSight: Math.min(cells - first, span), span, pixels: shown * pitch };
  };
  const down = side(first.row, size.rows, frame.height);
  const across = side(first.column, size.columns, frame.width);
  return {
    ...{ ...size, down, across, ratio },
    cell: pitch / step / ratio,
    width: across.pixels / ratio,
    height: down.pixels / ratio,
    pitch: step === 1 ? pitch : null,
    gap: step === 1 ? gapOf(pitch / ratio, ratio) : 0,
  };
}

/**
 * Cells from `first` up to `count` whose labels fit when each needs `size` pixels; those in `always`
 * come before their neighbours.
 */
export function labelledCells(
  count: number,
  cell: number,
  size: number,
  always: readonly number[] = [],
  first = 0,
): number[] {
  const every = Math.max(1, Math.ceil(size / cell));
  const room = (index: number, other: number): boolean => Math.abs(index - other) * cell >= size;
  const start = Math.ceil(first / every) * every;
  const length = Math.max(0, Math.ceil((count - start) / every));
  const chosen = Array.from({ length }, (_, i) => start + i * every);
  if (every === 1) return chosen;
  const kept = [...new Set(always)].filter(index => index >= first && index < count);
  return [...chosen.filter(index => kept.every(other => room(index, other))), ...kept].sort(
    (a, b) => a - b,
  );
}
