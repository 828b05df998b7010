import { showPixels } from './canvas';
import { paintCells } from './paintCells';
import type { MapGeometry } from '../geometry';
import { createHatch } from './hatch';
import { maxPool, type CodeGrid } from './pool';
import { poolSigned } from './poolSigned';

/** How a map is put on its canvas. */
export interface MapPaint {
  /** Pixels by code; code 0 is hatched. */
  readonly colors: Uint32Array;
  readonly hatchColor: string;
  /** Codes are signed: of cells that share a pixel the one farthest from zero shows, else the largest. */
  readonly isSigned?: boolean;
}

/** Paints the cells of a map; several cells share a pixel where there is no room for each. */
export function paintMap(
  canvas: HTMLCanvasElement,
  grid: CodeGrid,
  { across, down, pitch, gap, ratio }: MapGeometry,
  { colors, hatchColor, isSigned = false }: MapPaint,
): void {
  const pool = isSigned ? poolSigned : maxPool;
  const cells = pitch === null ? pool(grid, down.pixels, across.pixels) : grid;
  const image = new Uint32Array(down.pixels * across.pixels);
  const target = { image, stride: across.pixels, left: 0, top: 0 };
  paintCells(target, cells, colors, createHatch(hatchColor, ratio), pitch ?? 1, gap);
  showPixels(canvas, image, across.pixels, down.pixels, ratio);
}

/** Says that pixels stand for several cells; empty where each cell has its own. */
export function poolNote({ down, across }: MapGeometry): string {
  if (down.pixels >= down.span && across.pixels >= across.span) return '';
  const block = [down, across].map(({ span, pixels }) => Math.max(1, span / pixels).toFixed(1));
  return `Each pixel is the maximum of ${block.join(' × ')} weights.`;
}
