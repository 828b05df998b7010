import type { WeightMap } from '../../../protocol/capture';
import type { Palette, ScaleName } from '../../draw/color/palette';
import { blankPixels, showPixels } from '../../draw/pixels/canvas';
import { paintCells } from '../../draw/pixels/paintCells';
import { displayCodes } from '../../draw/pixels/displayMap';
import type { Hatch } from '../../draw/pixels/hatch';
import type { CodeGrid } from '../../draw/pixels/pool';
import { Pyramid } from '../../draw/pixels/pyramid';
import { paintTiles } from '../../draw/pixels/tilePicture';
import type { HeadSource } from '../../tiles/headSource';
import type { MapView } from '../../tiles/mapView';
import type { TileCache } from '../../tiles/tileCache';
import type { DrawnMap } from './mapLayout';
import type { ShownCells } from '../../draw/shownCells';

/** Colours of a picture. */
export interface PictureInks {
  readonly palette: Palette;
  readonly hatch: Hatch;
  readonly ratio: number;
}

/** A map that is here whole; what was pooled of it stays until other cells are shown. */
export class WholePicture {
  private of: { map: WeightMap; shown: ShownCells; scale: ScaleName; pyramid: Pyramid } | null =
    null;

  /** Every cell of the picture that was painted last. */
  get shown(): CodeGrid | null {
    return this.of?.pyramid.at(1) ?? null;
  }

  paint(canvas: HTMLCanvasElement, map: WeightMap, drawn: DrawnMap, inks: PictureInks): void {
    const { across, down, pitch, gap } = drawn.geometry;
    const grid = this.cells(map, drawn, inks.palette.scale);
    const image = blankPixels(canvas, across.pixels, down.pixels);
    const target = { image, stride: across.pixels, left: 0, top: 0 };
    paintCells(target, grid, inks.palette.pixels, inks.hatch, pitch ?? 1, gap);
    showPixels(canvas, image, across.pixels, down.pixels, inks.ratio);
  }

  /** The cells on show, pooled where several share a pixel. */
  private cells(map: WeightMap, { geometry, shown, step }: DrawnMap, scale: ScaleName): CodeGrid {
    const isSame = this.of?.map === map && this.of.shown === shown && this.of.scale === scale;
    if (!this.of || !isSame) {
      const { queries, keys, codes } = map;
      const grid = displayCodes({ codes, rows: queries, columns: keys }, shown, scale);
      this.of = { map, shown, scale, pyramid: new Pyramid(grid) };
    }
    const { pyramid } = this.of;
    const { down, across } = geometry;
    if (step === null) return pyramid.fitted(down.pixels, across.pixels);
    return pyramid.part(step, {
      row: down.first / step,
      column: across.first / step,
      rows: Math.ceil(down.inSight / step),
      columns: Math.ceil(across.inSight / step),
    });
  }
}

/** The part of a long map that is drawn. */
export function viewOf({ geometry, step }: DrawnMap, scale: ScaleName): MapView {
  const side = step ?? 1;
  const { down, across } = geometry;
  return {
    step: side,
    row: down.first,
    column: across.first,
    rows: Math.ceil(down.inSight / side),
    columns: Math.ceil(across.inSight / side),
    relative: scale === 'Row max',
  };
}

/** Paints what is known of a long map; without a source the canvas is empty. */
export function paintTiled(
  canvas: HTMLCanvasElement,
  source: HeadSource | null,
  cache: TileCache,
  drawn: DrawnMap,
  { palette, hatch, ratio }: PictureInks,
): void {
  const { across, down, pitch, gap } = drawn.geometry;
  const image = blankPixels(canvas, across.pixels, down.pixels);
  if (source) {
    const paint = { image, stride: across.pixels, colors: palette.pixels, hatch };
    const view = viewOf(drawn, palette.scale);
    paintTiles(source, cache, view, { ...paint, pitch: pitch ?? 1, gap });
  }
  showPixels(canvas, image, across.pixels, down.pixels, ratio);
}
