import { select } from 'd3';
import type { Stretch } from '../reading/groups';
import type { MapGeometry } from './geometry';
import { pixelsOf, type Side } from './side';

/** Room for the names of groups beside those of rows and columns. */
export const GROUP_ROOM = 16;
/** Width of the bar along a group, and what a letter of a name takes. */
const BAR = 2;
const LETTER = 6.2;

/** The groups of both sides of a map. */
export interface MapGroups {
  readonly queries: readonly Stretch[];
  readonly keys: readonly Stretch[];
}

/** A stretch in pixels. */
interface Lane {
  readonly key: string;
  readonly side: 'query' | 'key';
  readonly name: string;
  readonly isOdd: boolean;
  readonly from: number;
  readonly to: number;
  /** Something of another group stands before it. */
  readonly hasRule: boolean;
}

/** Draws a bar with its name along every group of rows and columns, and a rule where one begins. */
export function drawGroups(
  svg: SVGSVGElement,
  geometry: MapGeometry,
  origin: { readonly left: number; readonly top: number },
  { queries, keys }: MapGroups,
): void {
  const { left, top } = origin;
  const { down, across, ratio, width, height } = geometry;
  const lanes = [
    ...lanesOf('query', queries, down, ratio, top),
    ...lanesOf('key', keys, across, ratio, left),
  ];
  const groups = select(svg)
    .selectAll<SVGGElement, Lane>('g.group-lane')
    .data(lanes, lane => lane.key)
    .join(enter => {
      const made = enter.append('g');
      made.append('line').attr('class', 'group-rule');
      made.append('rect').attr('class', 'group-bar');
      made.append('text').attr('text-anchor', 'middle').attr('dy', '0.35em');
      return made;
    })
    .attr('class', lane => `group-lane of-${lane.side}${lane.isOdd ? ' odd' : ''}`);
  const isRow = (lane: Lane): boolean => lane.side === 'query';
  groups
    .select('rect')
    .attr('x', lane => (isRow(lane) ? GROUP_ROOM - BAR : lane.from + 1))
    .attr('y', lane => (isRow(lane) ? lane.from + 1 : GROUP_ROOM - BAR))
    .attr('width', lane => (isRow(lane) ? BAR : Math.max(1, lane.to - lane.from - 2)))
    .attr('height', lane => (isRow(lane) ? Math.max(1, lane.to - lane.from - 2) : BAR));
  groups
    .select('line')
    .attr('x1', lane => (isRow(lane) ? 0 : lane.from))
    .attr('x2', lane => (isRow(lane) ? left + width : lane.from))
    .attr('y1', lane => (isRow(lane) ? lane.from : 0))
    .attr('y2', lane => (isRow(lane) ? lane.from : top + height))
    .attr('display', lane => (lane.hasRule ? null : 'none'));
  groups
    .select('text')
    .attr('transform', lane => {
      const middle = (lane.from + lane.to) / 2;
      const across = (GROUP_ROOM - BAR) / 2;
      return isRow(lane)
        ? `translate(${across},${middle}) rotate(-90)`
        : `translate(${middle},${across})`;
    })
    .text(lane => fitted(lane.name, lane.to - lane.from));
}

function lanesOf(
  side: Lane['side'],
  stretches: readonly Stretch[],
  { first, inSight, ...rest }: Side,
  ratio: number,
  edge: number,
): Lane[] {
  const place = { first, inSight, ...rest };
  return stretches.flatMap(({ name, isOdd, from, end }): Lane[] => {
    const [start, stop] = [Math.max(from, first), Math.min(end, first + inSight)];
    if (start >= stop) return [];
    return [
      {
        key: `${side}${from}`,
        side,
        name,
        isOdd,
        from: edge + pixelsOf(place, start).from / ratio,
        to: edge + pixelsOf(place, stop - 1).to / ratio,
        hasRule: from > first,
      },
    ];
  });
}

/** A name as far as there is room for it. */
function fitted(name: string, room: number): string {
  const letters = Math.floor(room / LETTER);
  if (name.length <= letters) return name;
  return letters < 2 ? '' : `${name.slice(0, letters - 1)}…`;
}
