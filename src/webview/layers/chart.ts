import { MONO, SANS } from '../export/inks';
import { tag, text as textMarkup } from '../export/svg';
import { svg } from '../svg';
import { themeColor } from '../theme';

/** A colour: a variable of the theme (`--ink`), or a colour of the data as CSS writes it. */
export type Ink = string;

/** One shape of a chart, in CSS pixels. */
export interface Mark {
  readonly name: 'line' | 'rect' | 'path' | 'circle' | 'text';
  readonly at: Readonly<Record<string, string | number>>;
  readonly fill?: Ink;
  readonly stroke?: Ink;
  /** Words of a `text`. */
  readonly text?: string;
  readonly font?: 'ui' | 'mono';
}

/** A chart that is drawn on the screen and into files from the same shapes. */
export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Mark[];
}

const FONT_SIZE = 10;

/** Words at a place; 10 px unless told otherwise. */
export function words(
  text: string,
  at: Readonly<Record<string, string | number>>,
  fill: Ink = '--vscode-descriptionForeground',
  font: 'ui' | 'mono' = 'ui',
): Mark {
  return { name: 'text', at: { 'font-size': FONT_SIZE, ...at }, fill, text, font };
}

/** A horizontal or vertical rule. */
export const rule = (
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  stroke: Ink = '--hair-strong',
  more: Readonly<Record<string, string | number>> = {},
): Mark => ({ name: 'line', at: { x1, y1, x2, y2, ...more }, stroke });

/** Draws a chart into an element, which keeps following the theme. */
export function drawChart(place: SVGSVGElement, { width, height, marks }: Chart): void {
  const color = (ink: Ink): string => (ink.startsWith('--') ? `var(${ink})` : ink);
  place.setAttribute('width', String(width));
  place.setAttribute('height', String(height));
  place.setAttribute('viewBox', `0 0 ${width} ${height}`);
  place.replaceChildren(
    ...marks.map(mark =>
      svg(
        mark.name,
        {
          ...mark.at,
          fill: mark.fill === undefined ? 'none' : color(mark.fill),
          ...(mark.stroke === undefined ? {} : { stroke: color(mark.stroke) }),
          ...(mark.text === undefined
            ? {}
            : { 'font-family': mark.font === 'mono' ? 'var(--mono)' : 'var(--ui)' }),
        },
        ...(mark.text === undefined ? [] : [mark.text]),
      ),
    ),
  );
}

/** A chart as SVG elements for a file, in the theme's colours of now. */
export function chartMarkup({ marks }: Pick<Chart, 'marks'>): string {
  const color = (ink: Ink): string => (ink.startsWith('--') ? themeColor(ink) : ink);
  return marks
    .map(mark => {
      const attributes = {
        ...mark.at,
        fill: mark.fill === undefined ? 'none' : color(mark.fill),
        ...(mark.stroke === undefined ? {} : { stroke: color(mark.stroke) }),
      };
      if (mark.text === undefined) return tag(mark.name, attributes);
      const family = mark.font === 'mono' ? MONO : SANS;
      return textMarkup(mark.text, { ...attributes, 'font-family': family });
    })
    .join('');
}
