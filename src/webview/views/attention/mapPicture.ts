import type { WeightMap } from '../../../protocol/capture';
import type { Palette, ScaleName } from '../../color/palette';
import { blankPixels, showPixels } from '../../render/canvas';
import { paintCells } from '../../render/cells';
import { displayCodes } from '../../render/displayMap';
import type { Hatch } from '../../render/hatch';
import type { CodeGrid } from '../../render/pool';
import { Pyramid } from '../../render/pyramid';
import { paintTiles } from '../../render/tilePicture';
import type { HeadSource } from '../../tiles/headSource';
import type { MapView } from '../../tiles/mapView';
import type { TileCache } from '../../tiles/tileCache';
import type { DrawnMap } from './mapLayout';
import type { ShownCells } from './shownCells';

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

  paint(canvas: HTMLCanvasElement, map: WeightMap, drawn: DrawnMap, inks: PictureInks): void {
    const { deviceWidth, deviceHeight, pitch, gap } = drawn.geometry;
    const grid = this.cells(map, drawn, inks.palette.scale);
    const image = blankPixels(canvas, deviceWidth, deviceHeight);
    const target = { image, stride: deviceWidth, left: 0, top: 0 };
    paintCells(target, grid, inks.palette.pixels, inks.hatch, pitch ?? 1, gap);
    showPixels(canvas, image, deviceWidth, deviceHeight, inks.ratio);
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
    if (step === null) return pyramid.fitted(geometry.deviceHeight, geometry.deviceWidth);
    return pyramid.part(step, {
      row: geometry.firstRow / step,
      column: geometry.firstColumn / step,
      rows: Math.ceil(geometry.rowsInSight / step),
      columns: Math.ceil(geometry.columnsInSight / step),
    });
  }
}

/** The part of a long map that is drawn. */
export function viewOf({ geometry, step }: DrawnMap, scale: ScaleName): MapView {
  const side = step ?? 1;
  return {
    step: side,
    row: geometry.firstRow,
    column: geometry.firstColumn,
    rows: Math.ceil(geometry.rowsInSight / side),
    columns: Math.ceil(geometry.columnsInSight / side),
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
  const { deviceWidth, deviceHeight, pitch, gap } = drawn.geometry;
  const image = blankPixels(canvas, deviceWidth, deviceHeight);
  if (source) {
    const paint = { image, stride: deviceWidth, colors: palette.pixels, hatch };
    const view = viewOf(drawn, palette.scale);
    paintTiles(source, cache, view, { ...paint, pitch: pitch ?? 1, gap });
  }
  showPixels(canvas, image, deviceWidth, deviceHeight, ratio);
}
