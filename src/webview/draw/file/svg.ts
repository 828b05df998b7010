import { inked, type Attributes, type Ink, type Mark } from '../marks';
import { themeColor } from '../../kit/theme';

/** The font of a file's words. */
export const SANS = 'system-ui, "Segoe UI", Ubuntu, sans-serif';
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
export const markup = (marks: readonly Mark[]): string =>
  marks
    .map(({ name, at, inside = '' }) => {
      const whole = name === 'text' ? { 'xml:space': 'preserve', ...at } : at;
      const content = typeof inside === 'string' ? escapeXml(inside) : markup(inside);
      const end = content === '' ? '/>' : `>${content}</${name}>`;
      return `<${name}${written(inked(whole, inFile))}${end}`;
    })
    .join('');
