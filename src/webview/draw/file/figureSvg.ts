import {
  INK,
  lettering,
  mark,
  shifted,
  type Mark,
  type Picture,
  inked,
  type Attributes,
  type Ink,
} from '../marks';
import type { Fact } from './figureTable';
import { themeColor } from '../../kit/theme';

/** The font of a file's words. */
const SANS = 'system-ui, "Segoe UI", Ubuntu, sans-serif';
const FONTS: Readonly<Record<string, string>> = {
  mono: 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  ui: SANS,
};

/** Characters that no XML document may hold, also not escaped. */
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\p{Cs}\ufffe\uffff]/gu;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Any text as XML text or attribute value. */
const escapeXml = (text: string): string =>
  text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"']/g, character => ESCAPES[character] ?? '');

/** At most two decimals: more cannot be seen. */
const short = (value: number): string => String(Math.round(value * 100) / 100);

/** Inks in the theme's colours of now. */
const inFile = (ink: Ink): string => FONTS[ink] ?? (ink.startsWith('--') ? themeColor(ink) : ink);

const written = (at: Attributes): string =>
  Object.entries(at)
    .map(([name, value]) => {
      if (value === undefined || name === 'class') return '';
      return ` ${name}="${typeof value === 'number' ? short(value) : escapeXml(value)}"`;
    })
    .join('');

/** Marks as the text of an SVG file; white space in words is kept as it is. */
const markup = (marks: readonly Mark[]): string =>
  marks
    .map(({ name, at, inside = '' }) => {
      const whole = name === 'text' ? { 'xml:space': 'preserve', ...at } : at;
      const content = typeof inside === 'string' ? escapeXml(inside) : markup(inside);
      const end = content === '' ? '/>' : `>${content}</${name}>`;
      return `<${name}${written(inked(whole, inFile))}${end}`;
    })
    .join('');

const MARGIN = 16;
const NARROWEST = 360;
const LINE = 17;
const FONT_SIZE = 12;
/** Longest fact that is written under a figure; the whole stands in the description. */
const LONGEST_FACT = 240;

const word = lettering('ui', FONT_SIZE);

/** A figure as an SVG document: the drawing, and under it the sentence and what the figure is of. */
export function figureSvg(
  picture: Picture,
  facts: readonly Fact[],
): { svg: string; width: number; height: number } {
  const inner = Math.max(NARROWEST, picture.width);
  const lines = captionLines(picture, facts, inner);
  const width = Math.ceil(inner + 2 * MARGIN);
  const height = Math.ceil(picture.height + 3 * MARGIN + lines.length * LINE);
  const title = facts.find(([name]) => name === 'Figure')?.[1] ?? '';
  const description = facts.map(([name, value]) => `${name}: ${value}`).join('\n');
  const below = picture.height + 2 * MARGIN + FONT_SIZE;
  const document = mark(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-labelledby': 'title description',
    },
    [
      mark('title', { id: 'title' }, title),
      mark('desc', { id: 'description' }, description),
      mark('defs', {}, [HATCH]),
      mark('rect', { width, height, fill: '--vscode-editor-background' }),
      shifted(MARGIN, MARGIN, picture.marks),
      ...lines.map(({ words, strong }, i) =>
        word(words, { x: MARGIN, y: below + i * LINE }, strong ? INK.text : INK.muted),
      ),
    ],
  );
  return { svg: `<?xml version="1.0" encoding="UTF-8"?>\n${markup([document])}\n`, width, height };
}

/** Lines at 45° that mark what the mask blocks. */
const HATCH: Mark = mark(
  'pattern',
  {
    id: 'hatch',
    width: 6,
    height: 6,
    patternUnits: 'userSpaceOnUse',
    patternTransform: 'rotate(45)',
  },
  [mark('rect', { width: 1.4, height: 6, fill: '--hatch' })],
);

interface CaptionLine {
  readonly words: string;
  readonly strong: boolean;
}

/** The sentence, then everything else, broken into lines of `width` CSS pixels. */
function captionLines(picture: Picture, facts: readonly Fact[], width: number): CaptionLine[] {
  const sentence = facts.find(([name]) => name === 'Sentence')?.[1] ?? '';
  const rest = facts
    .filter(([name]) => name !== 'Sentence')
    .map(([name, value]) => `${name}: ${shorten(value)}`)
    .join(' · ');
  const lines = (words: string, strong: boolean): CaptionLine[] =>
    wrap(words, width).map(line => ({ words: line, strong }));
  return [
    ...lines(sentence, true),
    ...lines(picture.note ?? '', false),
    ...lines(rest.replace(/\s+/g, ' '), false),
  ];
}

const shorten = (value: string): string =>
  value.length <= LONGEST_FACT ? value : `${value.slice(0, LONGEST_FACT)}…`;

function wrap(words: string, width: number): string[] {
  const ruler = document.createElement('canvas').getContext('2d');
  if (!ruler || words === '') return words === '' ? [] : [words];
  ruler.font = `${FONT_SIZE}px ${SANS}`;
  const lines: string[] = [];
  let line = '';
  const fits = (candidate: string): boolean => ruler.measureText(candidate).width <= width;
  for (const word of words.split(' ').flatMap(one => pieces(one, fits))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && !fits(longer)) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** A word that is wider than a line, in pieces that are not. */
function pieces(word: string, fits: (text: string) => boolean): string[] {
  if (fits(word)) return [word];
  const result: string[] = [''];
  for (const character of word) {
    const longer = `${result.at(-1) ?? ''}${character}`;
    if (fits(longer)) result[result.length - 1] = longer;
    else result.push(character);
  }
  return result;
}
