import { number, subscript } from '../../reading/numbers';
import type { PositionPlace } from './positionPlace';
import { dialPairs, type Rotation } from './rotary';
import { svg } from '../../kit/svgElement';

const MOST_DIALS = 8;
const RADIUS = 17;
const ARC = 8;
const HEIGHT = 68;
const MIDDLE = 34;
/** Angles are counted from the top. */
const TOP = -Math.PI / 2;

/** The direction of some pairs of dimensions at the two positions, and the cosine between them. */
export function dials(rotation: Rotation, place: PositionPlace, width: number): SVGSVGElement {
  const pairs = dialPairs(rotation, MOST_DIALS);
  const pitch = width / Math.max(1, pairs.length);
  const radius = Math.min(RADIUS, pitch / 2 - 3);
  const parts = pairs.flatMap((pair, i) => {
    const turn = rotation.frequencies[pair] ?? 0;
    return dial(pair, turn, place, { x: (i + 0.5) * pitch, radius });
  });
  return svg(
    'svg',
    { class: 'dials', width, height: HEIGHT, role: 'img', 'aria-label': label(rotation, place) },
    ...parts,
  );
}

function dial(
  pair: number,
  turn: number,
  { query, key, offset }: PositionPlace,
  { x, radius }: { x: number; radius: number },
): SVGElement[] {
  const hand = (position: number, ink: string): SVGElement => {
    const angle = position * turn + TOP;
    return svg('line', {
      class: `hand ${ink}`,
      x1: x,
      y1: MIDDLE,
      x2: (x + radius * Math.cos(angle)).toFixed(2),
      y2: (MIDDLE + radius * Math.sin(angle)).toFixed(2),
    });
  };
  const word = (text: string, y: number, kind: string): SVGElement =>
    svg('text', { x, y, 'text-anchor': 'middle', class: kind }, text);
  return [
    svg('circle', { cx: x, cy: MIDDLE, r: radius }),
    ...(key === null ? [] : [arc(query * turn, key * turn, x, radius), hand(key, 'key')]),
    hand(query, 'query'),
    word(`θ${subscript(pair)}`, 11, 'muted-ink'),
    ...(offset === null ? [] : [word(number(Math.cos(offset * turn), 2), HEIGHT - 4, 'value')]),
  ];
}

/** The shorter way from the key's direction to the query's. */
function arc(query: number, key: number, x: number, radius: number): SVGElement {
  const size = Math.min(ARC, radius - 3);
  const apart = Math.atan2(Math.sin(query - key), Math.cos(query - key));
  const point = (angle: number): string =>
    `${(x + size * Math.cos(angle + TOP)).toFixed(2)} ${(MIDDLE + size * Math.sin(angle + TOP)).toFixed(2)}`;
  const sweep = apart > 0 ? 1 : 0;
  return svg('path', {
    class: 'arc',
    d: `M${point(key)}A${size} ${size} 0 0 ${sweep} ${point(key + apart)}`,
  });
}

function label(rotation: Rotation, { query, key, offset }: PositionPlace): string {
  if (key === null || offset === null) return `Directions at position ${query}`;
  const cosines = dialPairs(rotation, MOST_DIALS).map(
    pair => `pair ${pair} ${number(Math.cos(offset * (rotation.frequencies[pair] ?? 0)), 2)}`,
  );
  return `Cosine between the directions at ${query} and ${key}: ${cosines.join(', ')}`;
}
