import type { HeadRole } from '../../../protocol/headFacts';

const SVG = 'http://www.w3.org/2000/svg';
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

/**
 * The schematic of a role, 11 px, in the colour of the text.
 * @param place where the sink stands among the keys, from 0 to 1
 */
export function roleGlyph(role: HeadRole, place = 0): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  const attributes = { class: 'glyph', viewBox: `0 0 ${SIDE} ${SIDE}`, 'aria-hidden': 'true' };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  if (role === 'none') {
    svg.append(path('M3 5h5v1h-5z', 'shape'));
    return svg;
  }
  const bar = 1 + Math.round(Math.max(0, Math.min(1, place)) * 14) / 2;
  svg.append(
    path('M.5.5h10v10h-10z', 'box'),
    path(role === 'sink' ? `M${bar} 1h2v9h-2z` : SHAPES[role], 'shape'),
  );
  return svg;
}

function path(d: string, name: string): SVGPathElement {
  const element = document.createElementNS(SVG, 'path');
  element.setAttribute('d', d);
  element.setAttribute('class', name);
  return element;
}
