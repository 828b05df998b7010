import type { HeadRole } from '../../../protocol/headFacts';
import { svg } from '../../kit/svgElement';

/** Side of a glyph in CSS pixels. */
const SIDE = 11;

/** Small squares at the given columns and rows, as one path. */
const dots = (places: readonly (readonly [number, number])[], side: number): string =>
  places.map(([x, y]) => `M${x} ${y}h${side}v${side}h${-side}z`).join('');

const EVEN = [2, 4.75, 7.5];

/** Schematics of the matrix that a role's rule looks for: rows are queries, columns are keys. */
const SHAPES: Readonly<Record<Exclude<HeadRole, 'sink' | 'none'>, string>> = {
  previous: 'M1 3.4L7.6 10h2.2L1 1.2z',
  next: 'M1.2 1L10 9.8V7.6L3.4 1z',
  current: 'M1 1v1.5L8.5 10H10V8.5L2.5 1z',
  local: 'M1 1v3.6L6.4 10H10V6.4L4.6 1z',
  duplicate: dots(
    [
      [2, 6],
      [6, 2],
    ],
    3,
  ),
  induction: dots(
    [
      [1.6, 4.4],
      [3.6, 6.4],
      [5.6, 8.4],
    ],
    1.7,
  ),
  uniform: dots(
    EVEN.flatMap(x => EVEN.map(y => [x, y] as const)),
    1.5,
  ),
};

const NONE = 'M3 5h5v1h-5z';

/**
 * The schematic of a role, 11 px, in the colour of the text.
 * @param place where the sink stands among the keys, from 0 to 1
 */
export function roleGlyph(role: HeadRole, place = 0): SVGSVGElement {
  const bar = 1 + Math.round(Math.max(0, Math.min(1, place)) * 14) / 2;
  const shape = role === 'sink' ? `M${bar} 1h2v9h-2z` : role === 'none' ? NONE : SHAPES[role];
  return svg(
    'svg',
    { class: 'glyph', viewBox: `0 0 ${SIDE} ${SIDE}`, 'aria-hidden': 'true' },
    ...(role === 'none' ? [] : [svg('path', { d: 'M.5.5h10v10h-10z', class: 'box' })]),
    svg('path', { d: shape, class: 'shape' }),
  );
}
