import { drawAxes } from '../../render/axes';
import { drawMarginal } from '../../render/marginal';
import { drawFrames } from '../../render/overlay';
import type { State } from '../../state';
import { themeColor } from '../../theme';
import { LABEL_LIMIT, type DrawnMap } from './mapLayout';

/** Row or column of a token; null where it is hidden or there is none. */
export const placeOf = (
  order: ReadonlyMap<number, number>,
  index: number | null | undefined,
): number | null => (index === null || index === undefined ? null : (order.get(index) ?? null));

/** Labels and frames: what follows the locus and the pointer. */
export function drawPointers(
  { locus, preview }: State,
  { geometry, shown, left, top, isTiled: sparse }: DrawnMap,
  axes: SVGSVGElement,
  frames: HTMLCanvasElement,
): void {
  if (!locus) return;
  const query = placeOf(shown.rowOf, locus.query);
  const key = placeOf(shown.columnOf, locus.key);
  const overQuery = placeOf(shown.rowOf, preview && (preview.query ?? locus.query));
  const overKey = placeOf(shown.columnOf, preview?.key);
  const hover = overQuery === null || overKey === null ? null : { query: overQuery, key: overKey };
  const names = shown.names(LABEL_LIMIT);
  drawAxes(
    axes,
    geometry,
    { left, top },
    {
      labels: names.queries,
      dim: shown.specialRows,
      marked: query,
      hovered: hover?.query ?? null,
      sparse,
    },
    { labels: names.keys, dim: shown.specialColumns, marked: key, hovered: overKey, sparse },
  );
  const inks = {
    query: themeColor('--q'),
    key: themeColor('--k'),
    hover: themeColor('--vscode-foreground'),
  };
  drawFrames(frames, geometry, { query, key, hover }, inks);
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
