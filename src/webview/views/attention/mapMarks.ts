import { drawMarginal } from '../../draw/pixels/marginal';
import type { State } from '../../app/state';
import { themeColor } from '../../kit/theme';
import { LABEL_LIMIT, type DrawnMap } from './mapLayout';
import { drawMarked, placeOf } from '../../draw/marked';

/** Labels and frames: what follows the locus and the pointer. */
export function drawPointers(
  { locus, preview }: State,
  drawn: DrawnMap,
  parts: { readonly axes: SVGSVGElement; readonly frames: HTMLCanvasElement },
): void {
  if (!locus) return;
  const { rowOf, columnOf } = drawn.shown;
  const overColumn = placeOf(columnOf, preview?.key);
  const overRow = placeOf(rowOf, preview && (preview.query ?? locus.query));
  const places = {
    row: placeOf(rowOf, locus.query),
    column: placeOf(columnOf, locus.key),
    overRow: overColumn === null ? null : overRow,
    overColumn,
  };
  drawMarked(parts, drawn, places, LABEL_LIMIT, drawn.isTiled);
}

/** What each key receives, under its column. */
export function drawReceived(
  { locus, map }: State,
  { geometry, shown }: DrawnMap,
  canvas: HTMLCanvasElement,
): void {
  if (!locus || !map) return;
  const received = shown.keys.map(index => map.value.received[index] ?? 0);
  const inks = { bar: themeColor('--marginal'), key: themeColor('--k') };
  const key = placeOf(shown.columnOf, locus.key);
  drawMarginal(canvas, geometry, received, key, inks);
}
