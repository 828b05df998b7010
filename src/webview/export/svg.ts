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
export const escapeXml = (text: string): string =>
  text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"']/g, character => ESCAPES[character] ?? '');

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One SVG element; `content` is markup already, attribute values are escaped here. */
export function tag(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [` ${key}="${typeof value === 'number' ? short(value) : escapeXml(value)}"`],
  );
  const inside = content.join('');
  return `<${name}${written.join('')}${inside === '' ? '/>' : `>${inside}</${name}>`}`;
}

/** A label; white space is kept as it is. */
export const text = (words: string, attributes: Attributes): string =>
  tag('text', { 'xml:space': 'preserve', ...attributes }, escapeXml(words));

/** At most two decimals: more cannot be seen. */
const short = (value: number): string => String(Math.round(value * 100) / 100);
