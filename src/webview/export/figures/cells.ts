import { BLOCKED } from '../../../protocol/weightCode';
import type { CodeGrid } from '../../render/pool';
import { pixelHex } from '../inks';
import { tag } from '../svg';

/** Most cells that are drawn one by one; larger maps are a picture with one pixel a cell. */
export const MOST_RECTS = 4096;

/** Cells at least this large leave a gap between them. */
const GAP_FROM = 7;

/**
 * The cells of a map in a square raster of `cell` CSS pixels, blocked ones hatched.
 * @param pixels packed colours by code
 */
export function cellsMarkup(grid: CodeGrid, pixels: Uint32Array, cell: number): string {
  return grid.rows * grid.columns <= MOST_RECTS
    ? rects(grid, pixels, cell)
    : bitmap(grid, pixels, cell);
}

function rects(grid: CodeGrid, pixels: Uint32Array, cell: number): string {
  const body = cell >= GAP_FROM ? cell - 1 : cell;
  const parts: string[] = [];
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++) {
      const code = grid.codes[row * grid.columns + column] ?? BLOCKED;
      const blocked = code === BLOCKED;
      const side = blocked ? cell : body;
      parts.push(
        tag('rect', {
          x: column * cell,
          y: row * cell,
          width: side,
          height: side,
          fill: blocked ? 'url(#hatch)' : pixelHex(pixels[code] ?? 0),
        }),
      );
    }
  }
  return parts.join('');
}

/** Blocked cells are transparent, so that the hatch below shows. */
function bitmap({ codes, rows, columns }: CodeGrid, pixels: Uint32Array, cell: number): string {
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = rows;
  const image = Uint32Array.from(codes, code => pixels[code] ?? 0);
  const bytes = new Uint8ClampedArray(image.buffer);
  canvas.getContext('2d')?.putImageData(new ImageData(bytes, columns, rows), 0, 0);
  const [width, height] = [columns * cell, rows * cell];
  return [
    codes.includes(BLOCKED) ? tag('rect', { width, height, fill: 'url(#hatch)' }) : '',
    tag('image', {
      href: canvas.toDataURL('image/png'),
      width,
      height,
      preserveAspectRatio: 'none',
      'image-rendering': 'pixelated',
    }),
  ].join('');
}
