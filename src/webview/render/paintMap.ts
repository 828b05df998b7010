import { showPixels } from './canvas';
import { paintCells } from './cells';
import type { MapGeometry } from './geometry';
import { createHatch } from './hatch';
import { maxPool, type CodeGrid } from './pool';

/** How a map is put on its canvas. */
export interface MapPaint {
  /** Pixels by code; code 0 is hatched. */
  readonly colors: Uint32Array;
  readonly hatchColor: string;
  readonly ratio: number;
  /** How cells share a pixel where there are more cells than pixels; their maximum when absent. */
  readonly pool?: (grid: CodeGrid, rows: number, columns: number) => CodeGrid;
}

/** Paints the cells of a map; several cells share a pixel where there is no room for each. */
export function paintMap(
  canvas: HTMLCanvasElement,
  grid: CodeGrid,
  { deviceWidth, deviceHeight, pitch, gap }: MapGeometry,
  { colors, hatchColor, ratio, pool = maxPool }: MapPaint,
): void {
  const pooled = pitch === null ? pool(grid, deviceHeight, deviceWidth) : grid;
  const image = new Uint32Array(deviceWidth * deviceHeight);
  const target = { image, stride: deviceWidth, left: 0, top: 0 };
  paintCells(target, pooled, colors, createHatch(hatchColor, ratio), pitch ?? 1, gap);
  showPixels(canvas, image, deviceWidth, deviceHeight, ratio);
}

/** Says that pixels stand for several cells; empty where each cell has its own. */
export function poolNote({ pitch, rows, columns, deviceWidth, deviceHeight }: MapGeometry): string {
  if (pitch !== null) return '';
  const block = [rows / deviceHeight, columns / deviceWidth].map(size =>
    Math.max(1, size).toFixed(1),
  );
  return `Each pixel is the maximum of ${block.join(' × ')} weights.`;
}
