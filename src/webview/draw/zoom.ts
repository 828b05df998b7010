import { BASE_STEP } from '../../protocol/tiles';
import type { Level, MapGeometry, Room } from './geometry';
import type { Side } from './side';

/** Sides of cells in device pixels, and cells a pixel, that zooming goes through. */
const PITCHES = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48];
const STEPS = [1024, 512, 256, 128, 64, 32, 16, 8, 4, 2];
/** Largest cell in CSS pixels. */
const LARGEST = 32;
/** A level that is hardly larger than the whole map would not be one. */
const NOTICEABLE = 1.2;

const levels: readonly Level[] = [
  ...STEPS.map(step => ({ pitch: 1, step }) as const),
  ...PITCHES.map(pitch => ({ pitch, step: 1 }) as const),
];

/** Device pixels of a cell. */
const pixels = ({ pitch, step }: Level): number => pitch / step;

/** The levels beyond the whole map, from its own size up. */
export function levelsAbove(whole: number, ratio: number): readonly Level[] {
  return levels.filter(
    level => pixels(level) > whole * NOTICEABLE && pixels(level) <= LARGEST * ratio,
  );
}

/**
 * The level at which a long map fits into the room: a whole number of tokens in each pixel. From
 * afar only multiples of the blocks whose maxima the inspector keeps.
 */
export function wholeLevel(
  size: { readonly rows: number; readonly columns: number },
  room: Room,
  ratio: number,
): Level {
  const needed = Math.max(
    size.columns / Math.floor(room.width * ratio),
    size.rows / Math.floor(room.height * ratio),
  );
  const step = Math.max(1, Math.ceil(needed));
  return { pitch: 1, step: step > BASE_STEP ? Math.ceil(step / BASE_STEP) * BASE_STEP : step };
}

/** What people have chosen to look at: 0 is the whole map; the cell in the frame's corner. */
export interface Zoom {
  readonly level: number;
  readonly row: number;
  readonly column: number;
}

export const WHOLE: Zoom = { level: 0, row: 0, column: 0 };

/** A point of a map: a cell, and where in the frame it is drawn as a share of its sides. */
export interface Anchor {
  readonly row: number;
  readonly column: number;
  readonly down: number;
  readonly across: number;
}

/** The corner that leaves the anchor where it is when so many cells are in sight. */
export function cornerFor(
  { row, column, down, across }: Anchor,
  inSight: { readonly rows: number; readonly columns: number },
): { row: number; column: number } {
  return { row: row - down * inSight.rows, column: column - across * inSight.columns };
}

/** The corner nearest to the present one that has a cell in sight. */
export function cornerShowing(
  geometry: Pick<MapGeometry, 'down' | 'across'>,
  cell: { readonly row: number; readonly column: number },
): { row: number; column: number } {
  const near = ({ first, inSight }: Side, at: number): number =>
    at < first ? at : at >= first + inSight ? at - inSight + 1 : first;
  return { row: near(geometry.down, cell.row), column: near(geometry.across, cell.column) };
}
