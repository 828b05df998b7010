import { select } from 'd3';
import { labelledCells, type MapGeometry } from './geometry';
import { pixelsOf, type Side } from './side';

/** One side of a map: what its cells are called and which of them stands out. */
export interface AxisInput {
  readonly labels: readonly string[];
  /** Cells that are dimmed, such as special tokens. */
  readonly dim: ReadonlySet<number>;
  readonly marked: number | null;
  readonly hovered: number | null;
  /** Where not every label fits, only those that stand out have one; some of the others when absent. */
  readonly sparse?: boolean;
}

/** Font of the labels; measured here and set in the style sheet. */
const FONT_SIZE = 11.5;
/** Room that a label needs, and what it is given where some are left out. */
const LABEL_ROOM = 12;
const THINNED_ROOM = 18;
const PADDING = 7;

interface Label {
  readonly index: number;
  readonly text: string;
  readonly state: string;
}

function labelsOf(axis: AxisInput, cell: number, { first, inSight }: Side): Label[] {
  const always = [axis.marked, axis.hovered].filter(index => index !== null);
  const end = Math.min(axis.labels.length, first + inSight);
  const isTight = cell < LABEL_ROOM;
  const chosen =
    isTight && axis.sparse
      ? [...new Set(always)].filter(index => index >= first && index < end)
      : labelledCells(end, cell, isTight ? THINNED_ROOM : LABEL_ROOM, always, first);
  return chosen.map(index => ({
    index,
    text: axis.labels[index] ?? '',
    state: [
      index === axis.marked ? 'marked' : '',
      index === axis.hovered ? 'hovered' : '',
      axis.dim.has(index) ? 'dim' : '',
    ].join(' '),
  }));
}

let ruler: CanvasRenderingContext2D | null = null;

/** Room for an axis: the width of its longest label in the editor's font. */
export function labelRoom(labels: readonly string[], font: string): number {
  ruler ??= document.createElement('canvas').getContext('2d');
  if (!ruler) return 80;
  ruler.font = `${FONT_SIZE}px ${font}`;
  const longest = [...labels].sort((a, b) => b.length - a.length).slice(0, 24);
  const widths = longest.map(text => ruler?.measureText(text).width ?? 0);
  return Math.ceil(Math.max(24, ...widths)) + PADDING + 3;
}

/** Draws query labels to the left of the map and key labels above it. */
export function drawAxes(
  svg: SVGSVGElement,
  geometry: MapGeometry,
  origin: { readonly left: number; readonly top: number },
  queries: AxisInput,
  keys: AxisInput,
): void {
  const { left, top } = origin;
  const { cell, down, across, ratio } = geometry;
  const middle = (side: Side, index: number): number => {
    const { from, to } = pixelsOf(side, index);
    return (from + to) / 2 / ratio;
  };
  write(svg, 'width', String(left + geometry.width + 40));
  write(svg, 'height', String(top + geometry.height));
  const rows = labelsOf(queries, cell, down);
  drawLabels(svg, 'query-label', rows, index => {
    const [x, y] = [left - PADDING, top + middle(down, index)];
    return `translate(${x},${y})`;
  });
  const columns = labelsOf(keys, cell, across);
  drawLabels(svg, 'key-label', columns, index => {
    const [x, y] = [left + middle(across, index), top - PADDING];
    return `translate(${x},${y}) rotate(-90)`;
  });
}

/** Writes only what changed: the pointer changes a label or two out of a hundred. */
function drawLabels(
  svg: SVGSVGElement,
  side: 'query-label' | 'key-label',
  labels: readonly Label[],
  place: (index: number) => string,
): void {
  select(svg)
    .selectAll<SVGTextElement, Label>(`text.${side}`)
    .data(labels, label => label.index)
    .join(enter =>
      enter
        .append('text')
        .attr('data-index', label => label.index)
        .attr('dy', '0.35em')
        .attr('text-anchor', side === 'query-label' ? 'end' : null),
    )
    .each(function ({ index, text, state }) {
      write(this, 'class', `${side} ${state}`);
      write(this, 'transform', place(index));
      write(this, 'text', text);
    });
}

/** What was written last: to ask the document for it takes longer than to draw a label. */
const written = new WeakMap<SVGElement, Map<string, string>>();

/** Sets an attribute or the text of an element that nobody else writes to, if it is another one. */
function write(element: SVGElement, name: string, value: string): void {
  const before = written.get(element) ?? new Map<string, string>();
  if (before.size === 0) written.set(element, before);
  if (before.get(name) === value) return;
  before.set(name, value);
  if (name === 'text') element.textContent = value;
  else element.setAttribute(name, value);
}
