import { count } from '../../format';
import type { Detail } from '../../tiles/mapView';
import type { DrawnMap } from './mapLayout';

/** What people should know of a picture that does not show every weight by itself. */
export function detailText(drawn: DrawnMap, detail: Detail | null, hidesSpecial: boolean): string {
  return [
    partOf(drawn),
    detail === null ? pooled(drawn) : tiled(drawn, detail),
    drawn.isTiled && hidesSpecial ? 'Special tokens stay in maps this long.' : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function partOf({ geometry }: DrawnMap): string {
  const { rows, columns, firstRow, firstColumn, rowsInSight, columnsInSight } = geometry;
  if (rowsInSight >= rows && columnsInSight >= columns) return '';
  const span = (first: number, shown: number, all: number): string =>
    `${count(first)}–${count(first + shown - 1)} of ${count(all)}`;
  const queries = span(firstRow, rowsInSight, rows);
  const keys = span(firstColumn, columnsInSight, columns);
  return `Queries ${queries}, keys ${keys}.`;
}

function pooled({ geometry, step }: DrawnMap): string {
  if (step !== null) return step === 1 ? '' : blocks(step);
  const block = [
    geometry.rows / geometry.deviceHeight,
    geometry.columns / geometry.deviceWidth,
  ].map(size => Math.max(1, size).toFixed(1));
  return `Each pixel is the maximum of ${block.join(' × ')} weights.`;
}

const blocks = (step: number): string =>
  `Each pixel is the maximum of its block of ${step} × ${step} weights.`;

function tiled({ step }: DrawnMap, detail: Detail): string {
  const side = step ?? 1;
  if (detail === 'loading') return 'Computing; coarser where nothing finer is known yet.';
  if (side === 1) return '';
  if (detail === 'exact') return blocks(side);
  return `Each pixel is the maximum of ${side} keys of one query: sampled 1 of ${side} rows.`;
}
