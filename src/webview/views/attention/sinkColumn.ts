import type { WeightMap } from '../../../protocol/capture';
import type { SinkShares } from '../../../protocol/tiles';
import { weightCode } from '../../../protocol/weightCode';
import { blankPixels, showPixels } from '../../draw/pixels/canvas';
import { displaySink, largestOfRows } from '../../draw/pixels/displayMap';
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

/** What a sink takes of each row of a map, and the largest code of a row's keys. */
export interface SinkOfRows {
  readonly sink: Float32Array;
  readonly largest: (query: number) => number;
}

/** What a sink takes of a map that is drawn whole; null where it has none. */
export function sinkOfMap(map: WeightMap | null): SinkOfRows | null {
  if (!map?.sink) return null;
  const grid = { codes: map.codes, rows: map.queries, columns: map.keys };
  return { sink: map.sink, largest: largestOfRows(grid) };
}

/** The same of one that is drawn from tiles. */
export function sinkOfTiles(shares: SinkShares | null): SinkOfRows | null {
  return shares && { sink: shares.sink, largest: query => weightCode(shares.largest[query] ?? 0) };
}

/** The column beside the large map that shows what a sink takes of each row. */
export class SinkColumn {
  private readonly cells = el('canvas');
  readonly element = el(
    'div.sink-column',
    { 'aria-hidden': 'true' },
    el('span.sink-label', { text: 'sink', title: GLOSSARY.sink }),
    this.cells,
  );
  private shown: { readonly sink: Float32Array; readonly drawn: DrawnMap } | null = null;

  /** @param point tells which token's query is pointed at */
  constructor(point: (query: number | null) => void) {
    this.cells.addEventListener('pointermove', event => {
      const row = this.rowAt(event.offsetY);
      if (row === null || !this.shown) return;
      const { sink, drawn } = this.shown;
      this.cells.title = goesNowhere(sink[drawn.shown.queries[row] ?? -1] ?? NaN);
      point(drawn.shown.queryTokens[row] ?? null);
    });
    this.cells.addEventListener('pointerleave', () => point(null));
  }

  /** Draws the column of a map that has one, in the colours of the map; of a tiled one once it is known. */
  show(taken: SinkOfRows | null, drawn: DrawnMap, inks: PictureInks): void {
    this.element.hidden = !taken;
    this.shown = taken && { sink: taken.sink, drawn };
    if (!taken) return;
    const { down, gap } = drawn.geometry;
    const rows = displaySink(taken.sink, drawn.shown, inks.palette.scale, taken.largest);
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
