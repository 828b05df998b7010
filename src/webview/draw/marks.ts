import { svg } from '../kit/svgElement';

/** A colour: a variable of the theme (`--ink`), or a colour of the data as CSS writes it. */
export type Ink = string;

/** The inks of words, of the locus, of bars and of what is wrong. */
export const INK = {
  text: '--vscode-foreground',
  muted: '--vscode-descriptionForeground',
  query: '--q',
  key: '--k',
  bar: '--ink',
  hair: '--hair-strong',
  wrong: '--wrong',
} as const;

/** Filled with the hatch that marks what the mask blocks; every file defines it. */
export const HATCHED = 'url(#hatch)';

/** What a file writes; undefined leaves an attribute out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One shape of a picture, in CSS pixels: drawn on the screen and written into files. */
export interface Mark {
  readonly name: keyof SVGElementTagNameMap;
  /** Attributes of SVG, where colours are inks and a font is `ui` or `mono`; a class is for the screen. */
  readonly at: Attributes;
  /** Words, or other marks. */
  readonly inside?: string | readonly Mark[];
}

/** Marks in a box of CSS pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Mark[];
  /** What the drawing leaves out or puts together; empty where it shows everything. */
  readonly note?: string;
}

export const mark = (name: Mark['name'], at: Attributes, inside?: Mark['inside']): Mark => ({
  name,
  at,
  ...(inside === undefined ? {} : { inside }),
});

/** A filled shape, a line, or both. */
export const shape = (
  name: 'path' | 'rect' | 'circle' | 'line',
  at: Attributes,
  fill: Ink,
  stroke?: Ink,
): Mark => mark(name, { ...at, fill, stroke });

/** A horizontal or vertical rule. */
export const rule = (
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  stroke: Ink = INK.hair,
  more: Attributes = {},
): Mark => shape('line', { x1, y1, x2, y2, ...more }, 'none', stroke);

/** Marks that are moved together. */
export const shifted = (x: number, y: number, marks: readonly Mark[], id?: string): Mark =>
  mark('g', { transform: `translate(${x},${y})`, id }, marks);

/** Words at a place; 10 px unless told otherwise. */
export const words = (
  text: string,
  at: Attributes,
  fill: Ink = INK.muted,
  font: 'ui' | 'mono' = 'ui',
): Mark => mark('text', { 'font-size': 10, ...at, fill, 'font-family': font }, text);

/** Writes words in one font and size. */
export const lettering =
  (font: 'ui' | 'mono', size: number) =>
  (text: string, at: Attributes, fill: Ink = INK.muted): Mark =>
    mark('text', { ...at, fill, 'font-family': font, 'font-size': size }, text);

const INKED = new Set(['fill', 'stroke', 'stop-color', 'font-family']);

/** The attributes with every ink and font as `write` gives it. */
export const inked = (at: Attributes, write: (ink: Ink) => string): Attributes =>
  Object.fromEntries(
    Object.entries(at).map(([name, value]) =>
      typeof value === 'string' && INKED.has(name) ? [name, write(value)] : [name, value],
    ),
  );

const onScreen = (ink: Ink): string => {
  if (ink === 'ui' || ink === 'mono') return `var(--${ink})`;
  return ink.startsWith('--') ? `var(${ink})` : ink;
};

/** Marks as elements, which keep following the theme. */
export const elements = (marks: readonly Mark[]): SVGElement[] =>
  marks.map(({ name, at, inside = [] }) =>
    svg(name, inked(at, onScreen), ...(typeof inside === 'string' ? [inside] : elements(inside))),
  );

/** Draws a picture into an element. */
export function drawPicture(place: SVGSVGElement, { width, height, marks }: Picture): void {
  place.setAttribute('width', String(width));
  place.setAttribute('height', String(height));
  place.setAttribute('viewBox', `0 0 ${width} ${height}`);
  place.replaceChildren(...elements(marks));
}
