import { count } from '../../reading/format';
import { poolNote } from '../../draw/pixels/paintMap';
import type { Side } from '../../draw/side';
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
  const { rows, columns, down, across } = geometry;
  if (down.inSight >= rows && across.inSight >= columns) return '';
  const span = ({ first, inSight }: Side, all: number): string =>
    `${count(first)}–${count(first + inSight - 1)} of ${count(all)}`;
  const queries = span(down, rows);
  const keys = span(across, columns);
  return `Queries ${queries}, keys ${keys}.`;
}

function pooled({ geometry, step }: DrawnMap): string {
  if (step !== null) return step === 1 ? '' : blocks(step);
  return poolNote(geometry);
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
