import { scaleLinear } from 'd3';
import { whole, type ChartLine, type LineContent } from './chartContent';
import { monoWidth } from './textWidth';
import { chartWords, FILE, markedRule, ruled, type ChartLook } from './chartLook';
import { INK, mark, type Mark, type Picture } from './marks';

/** A plot of lines in CSS pixels: its scales, and where its rules end. */
export interface LinePlot {
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
}

/** Lines over positions or distances, with their axes. */
export function lineMarks(content: LineContent, plot: LinePlot, look: ChartLook): Mark[] {
  const { low, high, xTicks, yTicks, xName, lines, labels = [], marks } = content;
  const nameOf = (at: number): string => content.xWord?.(at) ?? whole(at);
  const { x, y, left, right } = plot;
  const { gap, drop, name } = look;
  const word = chartWords(look);
  const [top, bottom] = [y(high), y(low)];
  const below = bottom + look.below.lines;
  const nameWidth = xName === '' || name ? 0 : monoWidth(xName, look.size) + 8;
  const isFree = (at: number): boolean => nameWidth === 0 || x(at) < right - nameWidth - 10;
  return [
    ...yTicks.flatMap(({ at, text }) => [
      ruled([left, y(at)], [right, y(at)], look.rule, { class: 'chart-rule' }),
      word(text, left - gap, y(at) + drop, 'end'),
    ]),
    ...xTicks.filter(isFree).map(at => word(nameOf(at), x(at), below, 'middle')),
    word(xName, right + (name?.lines ?? 0), below, name ? 'start' : 'end', false, INK.muted),
    ...marks.map(({ at, ink }) => markedRule([x(at), top], [x(at), bottom], ink)),
    ...lines.map(({ ink, values }) =>
      mark('path', {
        d: linePath(content, values, x, y),
        fill: 'none',
        stroke: strokeOf(ink, look),
        'stroke-width': WIDTHS[ink] ?? (ink === 'head' ? look.faintLine : 1.6),
        opacity: ink === 'faint' ? 0.5 : undefined,
        'stroke-dasharray': ink === 'other' ? '4 3' : undefined,
        'stroke-linejoin': look.join,
      }),
    ),
    ...labels.map(({ x: at, y: value, text, anchor, isStrong }) => {
      const beside = anchor === 'start' ? gap : -gap;
      const above = value <= low && !name ? -4 : drop;
      return word(text, x(at) + beside, y(value) + above, anchor, isStrong);
    }),
  ];
}

/** Widths of lines that stand out, or that are many. */
const WIDTHS: { readonly [I in ChartLine['ink']]?: number } = { here: 2.4, query: 2, faint: 0.8 };

const strokeOf = (ink: ChartLine['ink'], { quiet }: ChartLook): string => {
  const inks = { other: quiet, faint: quiet, here: INK.text, query: INK.query };
  return ink === 'own' || ink === 'head' ? INK.bar : inks[ink];
};

/**
 * A path through the numbers of a line; it ends where they leave the chart below, and pauses where there
 * are none.
 */
export function linePath(
  { first, low, isStepped = false }: Pick<LineContent, 'first' | 'low' | 'isStepped'>,
  values: Float32Array,
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  const pieces: string[] = [];
  let isDrawing = false;
  let before = NaN;
  values.forEach((value, i) => {
    const isGone = Number.isNaN(value) || before < low;
    if (!isGone) {
      // Where a line leaves the chart, its last point lies on the edge.
      const part = value < low && isDrawing ? (before - low) / (before - value) : 1;
      const at = first + i - 1 + part;
      const middle = x(at - 0.5).toFixed(1);
      if (isStepped && isDrawing) pieces.push(`H${middle}`);
      if (isStepped && isDrawing) pieces.push(`V${y(value).toFixed(1)}`);
      pieces.push(
        `${isDrawing ? 'L' : 'M'}${x(at).toFixed(1)} ${y(Math.max(low, value)).toFixed(1)}`,
      );
    }
    isDrawing = !isGone;
    before = value;
  });
  return pieces.join('');
}

const WIDTH = 600;
const LEFT = 44;
const TOP = 10;
const BOTTOM = 22;
/** Charts of up to this many lines name them below. */
const MOST_NAMED = 3;
const NAME_ROOM = 170;

/** Lines with their names below them, for a file. */
export function linePicture(content: LineContent): Picture {
  const { first, count, low, high, lines } = content;
  const height = Math.max(180, content.height * 1.4);
  const [right, bottom] = [LEFT + WIDTH, TOP + height];
  const x = scaleLinear([first, first + Math.max(1, count - 1)], [LEFT, right]);
  const y = scaleLinear([low, high], [bottom, TOP]);
  const named = lines.length <= MOST_NAMED ? lines : [];
  const word = chartWords(FILE);
  const legend = named.flatMap(({ name, ink }, i) => {
    const [at, level] = [LEFT + i * NAME_ROOM, bottom + BOTTOM + 10];
    const look = {
      'stroke-width': 2,
      'stroke-dasharray': ink === 'other' ? '4 3' : undefined,
    };
    return [
      ruled([at, level], [at + 22, level], strokeOf(ink, FILE), look),
      word(name, at + 28, level + 4, 'start'),
    ];
  });
  return {
    width: right + 90,
    height: bottom + BOTTOM + (named.length > 0 ? 22 : 0),
    marks: [...lineMarks(content, { x, y, left: LEFT, right }, FILE), ...legend],
  };
}
