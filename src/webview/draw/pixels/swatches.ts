import { themeColor } from '../../kit/theme';
import { showPixels } from './canvas';
import { paintCells } from './paintCells';
import { createHatch } from './hatch';

const RAMP_HEIGHT = 8;
const SWATCH = { width: 18, height: 10 };

/** Draws a colour map from its first colour to its last, `width` CSS pixels wide. */
export function drawRamp(canvas: HTMLCanvasElement, colors: Uint32Array, width: number): void {
  const ratio = window.devicePixelRatio || 1;
  const [columns, rows] = [Math.round(width * ratio), Math.round(RAMP_HEIGHT * ratio)];
  const image = new Uint32Array(columns * rows);
  image.forEach((_, i) => {
    const place = (i % columns) / Math.max(1, columns - 1);
    image[i] = colors[Math.round(place * (colors.length - 1))] ?? 0;
  });
  showPixels(canvas, image, columns, rows, ratio);
}

/** Draws a small piece of the hatch that marks what a mask blocks. */
export function drawHatchSwatch(canvas: HTMLCanvasElement): void {
  const ratio = window.devicePixelRatio || 1;
  const [columns, rows] = [Math.round(SWATCH.width * ratio), Math.round(SWATCH.height * ratio)];
  const image = new Uint32Array(columns * rows);
  const grid = { codes: new Uint8Array(columns * rows), rows, columns };
  const target = { image, stride: columns, left: 0, top: 0 };
  paintCells(target, grid, new Uint32Array(256), createHatch(themeColor('--hatch'), ratio), 1, 0);
  showPixels(canvas, image, columns, rows, ratio);
}
