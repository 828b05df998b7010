import type { Overview } from '../../../protocol/capture';
import type { Palette, ScaleName } from '../color/palette';
import { blankPixels, showPixels } from './canvas';
import { paintCells } from './paintCells';
import { displayCodes } from './displayMap';
import type { Hatch } from './hatch';
import type { OverviewGeometry } from '../overviewGeometry';
import { maxPool, type CodeGrid } from './pool';

const all = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** The small grids of the overview that was drawn last: a new colour map draws the same cells. */
let latest: { readonly of: Uint8Array; readonly how: string; readonly grids: CodeGrid[] } | null =
  null;

/**
 * Draws all small maps on one canvas; heads that `exists` denies stay empty.
 * @param topOf CSS pixels from the top of the canvas to the maps of a layer
 */
export function drawOverview(
  canvas: HTMLCanvasElement,
  overview: Overview,
  geometry: OverviewGeometry,
  palette: Palette,
  hatch: Hatch,
  ratio: number,
  exists: (layer: number, head: number) => boolean,
  topOf: (layer: number) => number,
): void {
  const width = Math.ceil(geometry.width * ratio);
  const height = Math.ceil(geometry.height * ratio);
  const image = blankPixels(canvas, width, height);
  const grids = pooledGrids(overview, geometry, palette.scale);
  for (let layer = 0; layer < overview.layers; layer++) {
    for (let head = 0; head < overview.heads; head++) {
      const grid = grids[layer * overview.heads + head];
      if (!grid || !exists(layer, head)) continue;
      const target = {
        image,
        stride: width,
        left: Math.round(head * geometry.stepX * ratio),
        top: Math.round(topOf(layer) * ratio),
      };
      paintCells(target, grid, palette.pixels, hatch, geometry.pitch, 0);
    }
  }
  showPixels(canvas, image, width, height, ratio);
}

/** The cells of every small map, layer by layer. */
function pooledGrids(
  { codes: whole, layers, heads, rows, columns }: Overview,
  geometry: OverviewGeometry,
  scale: ScaleName,
): readonly CodeGrid[] {
  const how = `${scale} ${geometry.rows} ${geometry.columns}`;
  if (latest?.of === whole && latest.how === how) return latest.grids;
  const size = rows * columns;
  const shown = { queries: all(rows), keys: all(columns) };
  const grids = Array.from({ length: layers * heads }, (_, i) => {
    const codes = whole.subarray(i * size, (i + 1) * size);
    const grid = displayCodes({ codes, rows, columns }, shown, scale);
    return maxPool(grid, geometry.rows, geometry.columns);
  });
  latest = { of: whole, how, grids };
  return grids;
}
