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
  for (let row = 0; row < grid.rows; row++) {
    const codes = grid.codes.subarray(row * grid.columns, (row + 1) * grid.columns);
    for (let step = 0; step < pitch; step++) {
      const y = row * pitch + step;
      const line = { start: (target.top + y) * target.stride + target.left, y };
      paintLine(target, line, codes, step < body ? colors : null, hatch, pitch, body);
    }
  }
}

/** One line of pixels; without colours, in the gap between rows, only what is blocked. */
function paintLine(
  { image, left, top }: Target,
  line: { readonly start: number; readonly y: number },
  codes: Uint8Array,
  colors: Uint32Array | null,
  { pixels }: Hatch,
  pitch: number,
  body: number,
): void {
  const period = pixels.length;
  // Counted from the image's corner, so that lines go on from one target to the next.
  let phase = (left + top + line.y) % period;
  let from = line.start;
  // Plain loops: this runs for every pixel whenever a colour changes.
  for (let column = 0; column < codes.length; column++, from += pitch) {
    const code = codes[column] ?? BLOCKED;
    if (code === BLOCKED) {
      for (let x = 0, at = phase; x < pitch; x++) {
        image[from + x] = pixels[at] ?? 0;
        at = at + 1 === period ? 0 : at + 1;
      }
    } else if (colors) {
      const color = colors[code] ?? 0;
      for (let x = 0; x < body; x++) image[from + x] = color;
    }
    phase = (phase + pitch) % period;
  }
}
