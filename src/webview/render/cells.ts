import { BLOCKED } from '../../protocol/weightCode';
import type { CodeGrid } from './pool';
import type { Hatch } from './hatch';

/** A rectangle of an image that cells are painted into. */
export interface Target {
  readonly image: Uint32Array;
  /** Pixels in a row of the image. */
  readonly stride: number;
  readonly left: number;
  readonly top: number;
}

/**
 * Paints square cells of `pitch` device pixels, each in the colour of its code; the work depends on
 * the pixels, not on how many weights they stand for. Blocked cells (code 0) are hatched and close
 * the gaps between them.
 */
export function paintCells(
  target: Target,
  grid: CodeGrid,
  colors: Uint32Array,
  hatch: Hatch,
  pitch: number,
  gap: number,
): void {
  const body = pitch - gap;
  const width = grid.columns * pitch;
  const line = new Uint32Array(width);
  for (let row = 0; row < grid.rows; row++) {
    const codes = grid.codes.subarray(row * grid.columns, (row + 1) * grid.columns);
    const blocked = codes.includes(BLOCKED);
    line.fill(0);
    if (pitch === 1) codes.forEach((code, column) => (line[column] = colors[code] ?? 0));
    else {
      codes.forEach((code, column) => {
        if (code !== BLOCKED) line.fill(colors[code] ?? 0, column * pitch, column * pitch + body);
      });
    }
    for (let step = 0; step < pitch; step++) {
      const y = row * pitch + step;
      const start = (target.top + y) * target.stride + target.left;
      if (step < body) target.image.set(line, start);
      if (blocked) hatchLine(target, start, codes, pitch, hatch, y);
    }
  }
}

function hatchLine(
  { image, left, top }: Target,
  start: number,
  codes: Uint8Array,
  pitch: number,
  hatch: Hatch,
  y: number,
): void {
  const period = hatch.pixels.length;
  // Counted from the image's corner, so that lines go on from one target to the next.
  const phase = left + top + y;
  codes.forEach((code, column) => {
    if (code !== BLOCKED) return;
    for (let x = column * pitch; x < (column + 1) * pitch; x++) {
      image[start + x] = hatch.pixels[(x + phase) % period] ?? 0;
    }
  });
}
