import { rgb } from 'd3';
import { divergingRamp } from './color/maps';
import { surface } from './pixels/canvas';

const css = new Map<boolean, readonly string[]>();

/** CSS colours of the diverging map, from the negative limit to the positive one. */
export function divergingColors(dark: boolean): readonly string[] {
  const known = css.get(dark);
  if (known) return known;
  const made = divergingRamp(dark).map(([r, g, b]) => rgb(r * 255, g * 255, b * 255).formatHex());
  css.set(dark, made);
  return made;
}

/** Colour of a number between ±`limit`. */
export function divergingColor(colors: readonly string[], value: number, limit: number): string {
  const position = Math.max(-1, Math.min(1, value / limit));
  return colors[Math.round(((position + 1) / 2) * (colors.length - 1))] ?? '#808080';
}

export interface CellsLook {
  readonly colors: readonly string[];
  /** Where the colours end on both sides. */
  readonly limit: number;
  readonly width: number;
  readonly height: number;
  /** Entries from here on are not computed yet; all are where absent. */
  readonly upTo?: number;
}

/** Draws a vector as one line of cells, at whole device pixels with a gap where there is room. */
export function drawVector(
  canvas: HTMLCanvasElement,
  vector: Float32Array,
  { colors, limit, width, height, upTo = vector.length }: CellsLook,
): void {
  const ratio = window.devicePixelRatio;
  const context = surface(canvas, width, height, ratio);
  const pitch = (width * ratio) / vector.length;
  const gap = pitch >= 4 ? 1 / ratio : 0;
  vector.forEach((value, i) => {
    const left = Math.round(i * pitch) / ratio;
    const right = Math.round((i + 1) * pitch) / ratio;
    context.globalAlpha = i < upTo ? 1 : 0.22;
    context.fillStyle = divergingColor(colors, value, limit);
    context.fillRect(left, 0, Math.max(1 / ratio, right - left - gap), height);
  });
}
