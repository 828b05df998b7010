/** Where the cells of a map lie, in CSS pixels and in the device's own. */
export interface MapGeometry {
  /** Cells of the whole map. */
  readonly rows: number;
  readonly columns: number;
  /** The first cell drawn, and how many there are in sight; all of them unless zoomed in. */
  readonly firstRow: number;
  readonly firstColumn: number;
  readonly rowsInSight: number;
  readonly columnsInSight: number;
  /** Side of a cell in CSS pixels, gap included; below one where several cells share a pixel. */
  readonly cell: number;
  readonly width: number;
  readonly height: number;
  /** Device pixels of the canvas. */
  readonly deviceWidth: number;
  readonly deviceHeight: number;
  /** Device pixels from cell to cell; null where cells are pooled into pixels. */
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
/** Cells smaller than this are pooled: each pixel shows the maximum of its block. */
export const SMALLEST_CELL = 3;
/** Smallest cell that leaves a gap. */
const GAP_FROM = 7;

/** Fits `rows` × `columns` square cells into the room there is. */
export function mapGeometry(rows: number, columns: number, room: Room, ratio: number): MapGeometry {
  const wanted = Math.min(LARGEST_CELL, room.width / columns, room.height / rows);
  const whole = {
    rows,
    columns,
    firstRow: 0,
    firstColumn: 0,
    rowsInSight: rows,
    columnsInSight: columns,
  };
  if (wanted >= SMALLEST_CELL) {
    const pitch = Math.floor(wanted * ratio);
    return {
      ...whole,
      cell: pitch / ratio,
      width: (pitch * columns) / ratio,
      height: (pitch * rows) / ratio,
      deviceWidth: pitch * columns,
      deviceHeight: pitch * rows,
      pitch,
      gap: gapOf(wanted, ratio),
    };
  }
  const deviceWidth = Math.max(1, Math.floor(wanted * columns * ratio));
  const deviceHeight = Math.max(1, Math.floor(wanted * rows * ratio));
  return {
    ...whole,
    cell: wanted,
    width: deviceWidth / ratio,
    height: deviceHeight / ratio,
    deviceWidth,
    deviceHeight,
    pitch: null,
    gap: 0,
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
  const across = fitting(frame.width, size.columns);
  const down = fitting(frame.height, size.rows);
  const place = (wanted: number, cells: number, shown: number): number => {
    const last = Math.max(0, Math.ceil(cells / step) - shown) * step;
    return Math.max(0, Math.min(last, Math.round(wanted / step) * step));
  };
  const firstRow = place(first.row, size.rows, down);
  const firstColumn = place(first.column, size.columns, across);
  return {
    ...size,
    firstRow,
    firstColumn,
    rowsInSight: Math.min(size.rows - firstRow, down * step),
    columnsInSight: Math.min(size.columns - firstColumn, across * step),
    cell: pitch / step / ratio,
    width: (across * pitch) / ratio,
    height: (down * pitch) / ratio,
    deviceWidth: across * pitch,
    deviceHeight: down * pitch,
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
