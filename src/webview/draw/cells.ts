import { pixelHex } from './color/palette';
import { BLOCKED } from '../../protocol/weightCode';
import type { CodeGrid } from './pixels/pool';
import { HATCHED, mark, type Mark } from './marks';

/** Most cells that are drawn one by one; larger maps are a picture with one pixel a cell. */
export const MOST_RECTS = 4096;

/** Cells in a raster of CSS pixels. */
export interface CellRaster {
  readonly grid: CodeGrid;
  /** Packed colours by code. */
  readonly pixels: Uint32Array;
  readonly width: number;
  readonly height: number;
  /** Code 0 is hatched; it stays empty where not. */
  readonly hasHatch: boolean;
  /** Pixels between cells; the hatch closes them. */
  readonly gap?: number;
}

/** Cells at least this large leave a gap between them. */
const GAP_FROM = 7;

/** Square cells, blocked ones hatched. */
export const squareMarks = (grid: CodeGrid, pixels: Uint32Array, side: number): Mark[] =>
  cellMarks({
    ...{ grid, pixels, width: side, height: side },
    hasHatch: true,
    gap: side >= GAP_FROM ? 1 : 0,
  });

/** The cells of a map, one by one or as a picture. */
export function cellMarks(raster: CellRaster): Mark[] {
  const { grid, pixels, width, height, hasHatch, gap = 0 } = raster;
  const { codes, rows, columns } = grid;
  if (rows * columns > MOST_RECTS) return bitmap(raster);
  return Array.from(codes).flatMap((code, i) => {
    const isBlocked = code === BLOCKED;
    if (isBlocked && !hasHatch) return [];
    const less = isBlocked ? 0 : gap;
    return mark('rect', {
      x: (i % columns) * width,
      y: Math.floor(i / columns) * height,
      width: width - less,
      height: height - less,
      fill: isBlocked ? HATCHED : pixelHex(pixels[code] ?? 0),
    });
  });
}

/** Blocked cells are transparent, so that the hatch below shows. */
function bitmap({ grid, pixels, hasHatch, ...cell }: CellRaster): Mark[] {
  const { codes, rows, columns } = grid;
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = rows;
  const image = Uint32Array.from(codes, code => (code === BLOCKED ? 0 : (pixels[code] ?? 0)));
  const bytes = new Uint8ClampedArray(image.buffer);
  canvas.getContext('2d')?.putImageData(new ImageData(bytes, columns, rows), 0, 0);
  const [width, height] = [columns * cell.width, rows * cell.height];
  const picture = mark('image', {
    href: canvas.toDataURL('image/png'),
    width,
    height,
    preserveAspectRatio: 'none',
    'image-rendering': 'pixelated',
  });
  const isHatched = hasHatch && codes.includes(BLOCKED);
  return isHatched ? [mark('rect', { width, height, fill: HATCHED }), picture] : [picture];
}
