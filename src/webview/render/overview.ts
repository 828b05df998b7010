import type { Overview } from '../../protocol/capture';
import type { Palette } from '../color/palette';
import { showPixels } from './canvas';
import { paintCells } from './cells';
import { displayCodes } from './displayMap';
import type { Hatch } from './hatch';
import type { OverviewGeometry } from './overviewGeometry';
import { maxPool } from './pool';

const all = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** Draws all small maps on one canvas; heads that `exists` denies stay empty. */
export function drawOverview(
  canvas: HTMLCanvasElement,
  overview: Overview,
  geometry: OverviewGeometry,
  palette: Palette,
  hatch: Hatch,
  ratio: number,
  exists: (layer: number, head: number) => boolean,
): void {
  const width = Math.ceil(geometry.width * ratio);
  const height = Math.ceil(geometry.height * ratio);
  const image = new Uint32Array(width * height);
  const size = overview.rows * overview.columns;
  const shown = { queries: all(overview.rows), keys: all(overview.columns) };
  for (let layer = 0; layer < overview.layers; layer++) {
    for (let head = 0; head < overview.heads; head++) {
      if (!exists(layer, head)) continue;
      const start = (layer * overview.heads + head) * size;
      const codes = overview.codes.subarray(start, start + size);
      const grid = displayCodes(
        { codes, rows: overview.rows, columns: overview.columns },
        shown,
        palette.scale,
      );
      const target = {
        image,
        stride: width,
        left: Math.round(head * geometry.stepX * ratio),
        top: Math.round(layer * geometry.stepY * ratio),
      };
      const pooled = maxPool(grid, geometry.rows, geometry.columns);
      paintCells(target, pooled, palette.pixels, hatch, geometry.pitch, 0);
    }
  }
  showPixels(canvas, image, width, height, ratio);
}
