/** Where the cells of a map lie, in CSS pixels and in the device's own. */
export interface MapGeometry {
  readonly rows: number;
  readonly columns: number;
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

/** Largest cell of the detail map. */
const LARGEST_CELL = 24;
/** Cells smaller than this are pooled: each pixel shows the maximum of its block. */
export const SMALLEST_CELL = 3;
/** Smallest cell that leaves a gap. */
const GAP_FROM = 7;

/** Fits `rows` × `columns` square cells into the room there is. */
export function mapGeometry(
  rows: number,
  columns: number,
  room: { readonly width: number; readonly height: number },
  ratio: number,
): MapGeometry {
  const wanted = Math.min(LARGEST_CELL, room.width / columns, room.height / rows);
  if (wanted >= SMALLEST_CELL) {
    const pitch = Math.floor(wanted * ratio);
    return {
      rows,
      columns,
      cell: pitch / ratio,
      width: (pitch * columns) / ratio,
      height: (pitch * rows) / ratio,
      deviceWidth: pitch * columns,
      deviceHeight: pitch * rows,
      pitch,
      gap: wanted >= GAP_FROM ? Math.max(1, Math.round(ratio)) : 0,
    };
  }
  const deviceWidth = Math.max(1, Math.floor(wanted * columns * ratio));
  const deviceHeight = Math.max(1, Math.floor(wanted * rows * ratio));
  return {
    rows,
    columns,
    cell: wanted,
    width: deviceWidth / ratio,
    height: deviceHeight / ratio,
    deviceWidth,
    deviceHeight,
    pitch: null,
    gap: 0,
  };
}

/** Cells whose labels fit when each needs `size` pixels; those in `always` come before their neighbours. */
export function labelledCells(
  count: number,
  cell: number,
  size: number,
  always: readonly number[] = [],
): number[] {
  const every = Math.max(1, Math.ceil(size / cell));
  const room = (index: number, other: number): boolean => Math.abs(index - other) * cell >= size;
  const chosen = Array.from({ length: Math.ceil(count / every) }, (_, i) => i * every);
  if (every === 1) return chosen;
  const kept = [...new Set(always)].filter(index => index >= 0 && index < count);
  return [...chosen.filter(index => kept.every(other => room(index, other))), ...kept].sort(
    (a, b) => a - b,
  );
}
