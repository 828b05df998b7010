import { BLOCKED } from '../../../protocol/weightCode';
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
  const { codes, rows, columns } = grid;
  for (let row = 0; row < rows; row++) {
    const [start, stop] = [row * columns, (row + 1) * columns];
    for (let at = start; at < stop;) {
      const end = endOfRun(codes, at, stop);
      const left = target.left + (at - start) * pitch;
      const run = { target, left, top: target.top + row * pitch, codes, at, end, pitch };
      if (codes[at] === BLOCKED) paintHatch(run, hatch);
      else paintColors(run, colors, gap);
      at = end;
    }
  }
}

/** Cells `[at, end)` of one row, all of them blocked or none; `left` and `top` are the image's pixels. */
interface Run {
  readonly target: Target;
  readonly left: number;
  readonly top: number;
  readonly codes: Uint8Array;
  readonly at: number;
  readonly end: number;
  readonly pitch: number;
}

function endOfRun(codes: Uint8Array, at: number, stop: number): number {
  const isBlocked = codes[at] === BLOCKED;
  let end = at + 1;
  while (end < stop && (codes[end] === BLOCKED) === isBlocked) end++;
  return end;
}

// Plain loops: these run for every pixel whenever a colour changes.

/** Counted from the image's corner, so that lines go on from one target to the next. */
function paintHatch({ target, left, top, at, end, pitch }: Run, { pixels }: Hatch): void {
  const { image, stride } = target;
  const period = pixels.length;
  for (let y = top; y < top + pitch; y++) {
    const from = y * stride + left;
    const to = from + (end - at) * pitch;
    for (let pixel = from, phase = (left + y) % period; pixel < to; pixel++) {
      image[pixel] = pixels[phase] ?? 0;
      phase = phase + 1 === period ? 0 : phase + 1;
    }
  }
}

function paintColors(run: Run, colors: Uint32Array, gap: number): void {
  const { codes, at, end, pitch } = run;
  const { image, stride } = run.target;
  const from = run.top * stride + run.left;
  let pixel = from;
  if (pitch === 1) {
    for (let cell = at; cell < end; cell++) image[pixel++] = colors[codes[cell] ?? BLOCKED] ?? 0;
    return;
  }
  const body = pitch - gap;
  for (let cell = at; cell < end; cell++) {
    const color = colors[codes[cell] ?? BLOCKED] ?? 0;
    for (let x = 0; x < body; x++) image[pixel + x] = color;
    pixel += pitch;
  }
  for (let y = 1; y < body; y++) image.copyWithin(from + y * stride, from, pixel - gap);
}
