import { showPixels } from './canvas';
import { createHatch } from './hatch';
import { maxPool, type CodeGrid } from './pool';
import { poolSigned } from './poolSigned';
import { wholeSide, type Side } from '../side';

/** How a grid of numbers is painted. */
export interface MatrixPaint {
  /** Packed colours by code. */
  readonly pixels: Uint32Array;
  /** CSS colour of the hatch that code 0 gets; code 0 stays empty without. */
  readonly hatch: string | null;
  /** Codes are signed: of cells that share a pixel the one farthest from zero shows, else the largest. */
  readonly isSigned: boolean;
  readonly ratio: number;
}

/** Rows at least this high, in device pixels, leave a line between them. */
const GAP_FROM = 10;

/** Where the cells lie that are painted over `width` × `height` CSS pixels. */
export function matrixSides(
  { rows, columns }: Pick<CodeGrid, 'rows' | 'columns'>,
  width: number,
  height: number,
  ratio: number,
): { readonly down: Side; readonly across: Side } {
  const pixels = (length: number): number => Math.max(1, Math.round(length * ratio));
  return { down: wholeSide(rows, pixels(height)), across: wholeSide(columns, pixels(width)) };
}

/** Paints cells over `width` × `height` CSS pixels, whatever their shape; the work depends on the pixels. */
export function paintMatrix(
  canvas: HTMLCanvasElement,
  grid: CodeGrid,
  width: number,
  height: number,
  { pixels, hatch, isSigned, ratio }: MatrixPaint,
): void {
  const sides = matrixSides(grid, width, height, ratio);
  const [across, down] = [sides.across.pixels, sides.down.pixels];
  const pool = isSigned ? poolSigned : maxPool;
  const shown = pool(grid, Math.min(grid.rows, down), Math.min(grid.columns, across));
  const lines = hatch === null ? null : createHatch(hatch, ratio).pixels;
  const columnOf = Int32Array.from({ length: across }, (_, x) =>
    Math.floor((x * shown.columns) / across),
  );
  const hasGap = down / shown.rows >= GAP_FROM;
  const image = new Uint32Array(across * down);
  for (let y = 0; y < down; y++) {
    const row = Math.floor((y * shown.rows) / down);
    const isGap = hasGap && Math.floor(((y + 1) * shown.rows) / down) > row;
    if (isGap && row < shown.rows - 1) continue;
    const start = row * shown.columns;
    for (let x = 0; x < across; x++) {
      const code = shown.codes[start + (columnOf[x] ?? 0)] ?? 0;
      const empty = lines ? (lines[(x + y) % lines.length] ?? 0) : 0;
      image[y * across + x] = code === 0 ? empty : (pixels[code] ?? 0);
    }
  }
  showPixels(canvas, image, across, down, ratio);
}
