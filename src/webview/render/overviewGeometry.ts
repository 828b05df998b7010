import type { CodeGrid } from './pool';

/** Layout of the small maps: layers down, heads across. */
export interface OverviewGeometry {
  /** Cells of each small map after pooling. */
  readonly rows: number;
  readonly columns: number;
  /** Device pixels of a cell. */
  readonly pitch: number;
  /** Side of the box that holds a small map, CSS pixels. */
  readonly box: number;
  /** CSS pixels from box to box. */
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
}

/** Room between maps: enough for the ring around the chosen one. */
const GAP = 7;
/** Boxes are targets to click, so never smaller than this. */
const SMALLEST = 24;
/** Above this the overview would crowd out the detail map. */
const LARGEST = 76;
const USUAL = 38;

/** Fits `layers` × `heads` small maps into `room` CSS pixels; many heads scroll sideways. */
export function overviewGeometry(
  grid: { readonly layers: number; readonly heads: number } & Pick<CodeGrid, 'rows' | 'columns'>,
  room: number,
  ratio: number,
): OverviewGeometry {
  const fitting = Math.floor(room / Math.max(1, grid.heads)) - GAP;
  const wanted = Math.max(SMALLEST, Math.min(fitting, LARGEST, Math.max(USUAL, 480 / grid.layers)));
  const longest = Math.max(1, grid.rows, grid.columns);
  const pitch = Math.max(1, Math.floor((wanted * ratio) / longest));
  const most = Math.floor((wanted * ratio) / pitch);
  const box = Math.max(SMALLEST, Math.ceil((Math.min(longest, most) * pitch) / ratio));
  const step = box + GAP;
  return {
    rows: Math.min(grid.rows, most),
    columns: Math.min(grid.columns, most),
    pitch,
    box,
    stepX: step,
    stepY: step,
    width: grid.heads * step,
    height: grid.layers * step,
  };
}
