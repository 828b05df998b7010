import type { CodeGrid } from './pixels/pool';

/** Layout of the small maps: layers down, heads across. */
export interface OverviewGeometry {
  /** Cells of each small map after pooling. */
  readonly rows: number;
  readonly columns: number;
  /** Device pixels of a cell. */
  readonly pitch: number;
  /** The box that holds a small map, CSS pixels. */
  readonly boxWidth: number;
  readonly boxHeight: number;
  /** CSS pixels from box to box. */
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
}

/** Room between maps: enough for the ring around the chosen one, more where there is plenty. */
const GAP = 6;
const WIDE_GAP = 14;
/** Boxes are targets to click, so never smaller than this. */
const SMALLEST = 24;
/** Above this the overview would crowd out the detail map. */
const LARGEST = 76;
const USUAL = 38;

/** Room below each map for its role and score. */
export const ROLE_HEIGHT = 16;

/** Fits `layers` × `heads` small maps into `room` CSS pixels; many heads scroll sideways. */
export function overviewGeometry(
  grid: { readonly layers: number; readonly heads: number } & Pick<CodeGrid, 'rows' | 'columns'>,
  room: number,
  ratio: number,
): OverviewGeometry {
  const heads = Math.max(1, grid.heads);
  const fitting = Math.floor((room + GAP) / heads) - GAP;
  const wanted = Math.max(SMALLEST, Math.min(fitting, LARGEST, Math.max(USUAL, 480 / grid.layers)));
  const longest = Math.max(1, grid.rows, grid.columns);
  const pitch = Math.max(1, Math.floor((wanted * ratio) / longest));
  const most = Math.floor((wanted * ratio) / pitch);
  const [rows, columns] = [Math.min(grid.rows, most), Math.min(grid.columns, most)];
  const boxWidth = Math.max(SMALLEST, Math.ceil((columns * pitch) / ratio));
  const boxHeight = Math.max(SMALLEST, Math.ceil((rows * pitch) / ratio));
  const spare = Math.floor((room - heads * boxWidth) / Math.max(1, heads - 1));
  const gap = Math.max(GAP, Math.min(WIDE_GAP, spare));
  return {
    rows,
    columns,
    pitch,
    boxWidth,
    boxHeight,
    stepX: boxWidth + gap,
    stepY: boxHeight + GAP + ROLE_HEIGHT,
    width: heads * (boxWidth + gap) - gap,
    height: grid.layers * (boxHeight + GAP + ROLE_HEIGHT),
  };
}
