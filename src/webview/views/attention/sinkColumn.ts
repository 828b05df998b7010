import type { WeightMap } from '../../../protocol/capture';
import { blankPixels, showPixels } from '../../draw/pixels/canvas';
import { displaySink } from '../../draw/pixels/displayMap';
import { pixelsOf } from '../../draw/side';
import { el, putAt } from '../../kit/dom';
import { percent } from '../../reading/format';
import { GLOSSARY } from '../../reading/glossary';
import { SINK_ROOM, type DrawnMap } from './mapLayout';
import type { PictureInks } from './mapPicture';

/** Width of the column in CSS pixels. */
const WIDTH = 16;

/** What of a row goes nowhere, for people. */
export const goesNowhere = (share: number): string => `${percent(share)} goes nowhere`;

/** The column beside the large map that shows what a sink takes of each row. */
export class SinkColumn {
  private readonly cells = el('canvas');
  readonly element = el(
    'div.sink-column',
    { 'aria-hidden': 'true' },
    el('span.sink-label', { text: 'sink', title: GLOSSARY.sink }),
    this.cells,
  );
  private shown: { readonly map: WeightMap; readonly drawn: DrawnMap } | null = null;

  /** @param point tells which token's query is pointed at */
  constructor(point: (query: number | null) => void) {
    this.cells.addEventListener('pointermove', event => {
      const row = this.rowAt(event.offsetY);
      if (row === null || !this.shown) return;
      const { map, drawn } = this.shown;
      this.cells.title = goesNowhere(map.sink?.[drawn.shown.queries[row] ?? -1] ?? NaN);
      point(drawn.shown.queryTokens[row] ?? null);
    });
    this.cells.addEventListener('pointerleave', () => point(null));
  }

  /** Draws the column of a map that has one, in the colours of the map. */
  show(map: WeightMap | null, drawn: DrawnMap, inks: PictureInks): void {
    const { sink } = map ?? {};
    this.element.hidden = !map || !sink || drawn.isTiled;
    if (this.element.hidden || !map || !sink) return;
    this.shown = { map, drawn };
    const { down, gap } = drawn.geometry;
    const grid = { codes: map.codes, rows: map.queries, columns: map.keys };
    const rows = displaySink(grid, sink, drawn.shown, inks.palette.scale);
    const codes = new Uint8Array(down.pixels);
    for (let i = down.first; i < down.first + down.inSight; i++) {
      const code = rows[i] ?? 0;
      const { from, to } = pixelsOf(down, i);
      const end = to - from > gap ? to - gap : to;
      for (let y = from; y < end; y++) codes[y] = Math.max(codes[y] ?? 0, code);
    }
    const width = Math.round(WIDTH * inks.ratio);
    const image = blankPixels(this.cells, width, down.pixels);
    codes.forEach((code, y) => {
      if (code > 0) image.fill(inks.palette.pixels[code] ?? 0, y * width, (y + 1) * width);
    });
    showPixels(this.cells, image, width, down.pixels, inks.ratio);
    putAt(this.element, { width: SINK_ROOM - 8, height: down.pixels / inks.ratio });
  }

  private rowAt(y: number): number | null {
    const { down, ratio } = this.shown?.drawn.geometry ?? {};
    if (!down || !ratio) return null;
    const row = down.first + Math.floor((y * ratio * down.span) / down.pixels);
    return row < down.first + down.inSight ? row : null;
  }
}
