import { scaleLinear } from 'd3';
import { whole, type LineContent, type LineInk } from '../../positions/charts';
import { linePath } from '../../views/positions/lineChart';
import type { Picture } from '../figure';
import { readInks, SANS, type Inks } from '../inks';
import { tag, text } from '../svg';

const WIDTH = 600;
const LEFT = 44;
const TOP = 10;
const BOTTOM = 22;
const FONT = { 'font-family': SANS, 'font-size': 10.5 };

const strokeOf = (inks: Inks, ink: LineInk): string =>
  ink === 'other' ? inks.muted : ink === 'here' ? inks.text : inks.bar;

/** Lines over positions or distances as SVG. */
export function linePicture(content: LineContent): Picture {
  const { first, count, low, high, lines, xTicks, yTicks, xName, labels = [], marks } = content;
  const inks = readInks();
  const height = Math.max(180, content.height * 1.4);
  const x = scaleLinear([first, first + Math.max(1, count - 1)], [LEFT, LEFT + WIDTH]);
  const y = scaleLinear([low, high], [TOP + height, TOP]);
  const word = (words: string, at: number, top: number, anchor: string, strong = false): string =>
    text(words, {
      x: at,
      y: top,
      'text-anchor': anchor,
      fill: strong ? inks.text : inks.muted,
      ...FONT,
    });
  const legend = lines.length <= 3;
  const parts = [
    ...yTicks.flatMap(({ at, text: words }) => [
      tag('line', { x1: LEFT, x2: LEFT + WIDTH, y1: y(at), y2: y(at), stroke: inks.hair }),
      word(words, LEFT - 6, y(at) + 4, 'end'),
    ]),
    ...xTicks.map(at => word(whole(at), x(at), TOP + height + 14, 'middle')),
    word(xName, LEFT + WIDTH + 14, TOP + height + 14, 'start'),
    ...marks.map(({ at, ink }) =>
      tag('line', {
        x1: x(at),
        x2: x(at),
        y1: TOP,
        y2: TOP + height,
        stroke: ink === 'plain' ? inks.text : inks[ink],
        'stroke-dasharray': ink === 'query' ? undefined : '3 2',
      }),
    ),
    ...lines.map(({ ink, values }) =>
      tag('path', {
        d: linePath(content, values, x, y),
        fill: 'none',
        stroke: strokeOf(inks, ink),
        'stroke-width': ink === 'here' ? 2.4 : 1.6,
        'stroke-dasharray': ink === 'other' ? '4 3' : undefined,
      }),
    ),
    ...labels.map(({ x: at, y: value, text: words, anchor, isStrong }) =>
      word(words, x(at) + 6, y(value) + 4, anchor, isStrong === true),
    ),
    ...(legend
      ? lines.flatMap(({ name, ink }, i) => [
          tag('line', {
            x1: LEFT + i * 170,
            x2: LEFT + i * 170 + 22,
            y1: TOP + height + BOTTOM + 10,
            y2: TOP + height + BOTTOM + 10,
            stroke: strokeOf(inks, ink),
            'stroke-width': 2,
            'stroke-dasharray': ink === 'other' ? '4 3' : undefined,
          }),
          word(name, LEFT + i * 170 + 28, TOP + height + BOTTOM + 14, 'start'),
        ])
      : []),
  ];
  return {
    width: LEFT + WIDTH + 90,
    height: TOP + height + BOTTOM + (legend ? 22 : 0),
    content: parts.join(''),
  };
}
