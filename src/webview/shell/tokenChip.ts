import type { Token } from '../../protocol/tokens';
import { el, tokenSpan } from '../kit/dom';
import { weight3 } from '../reading/format';
import { monoWidth } from '../draw/textWidth';
import { readable, shorten } from '../reading/tokenText';

/** Longest text that a chip holds; the style sheet narrows it further. */
const CHIP_LIMIT = 48;
/** Height of the bar of the row's largest weight. */
const BAR_HEIGHT = 8;

/** Signs that stand for white space and are drawn dimmed. */
const SIGNS = /([·⏎␍⇥⍽⬚]+)/;

/** Font size, and what borders and padding add to a chip's text. */
const FONT_SIZE = 12.5;
const CHIP_FRAME = 13;
const [NARROWEST, WIDEST] = [24, 240];

const chipText = (token: Token): string => shorten(readable(token), CHIP_LIMIT);

/** Width of a token's chip, in pixels. */
export function chipWidth(token: Token): number {
  const width = Math.ceil(monoWidth(chipText(token), FONT_SIZE)) + CHIP_FRAME;
  return Math.max(NARROWEST, Math.min(WIDEST, width));
}

/** A token of the strip: index, chip and the bar of its weight; one of `count`. */
export function createChip(token: Token, id: string, count: number): HTMLElement {
  const text = chipText(token);
  const box = el('span.chip');
  for (const part of text.split(SIGNS)) {
    if (part === '') continue;
    box.append(SIGNS.test(part) ? el('span.sign', part) : tokenSpan(part));
  }
  const kinds = [
    token.special ? 'special' : '',
    token.continues ? 'continues' : '',
    token.unknown ? 'unknown' : '',
  ];
  return el(
    'div',
    {
      class: ['token', ...kinds],
      id,
      role: 'option',
      'aria-selected': 'false',
      'aria-posinset': token.index + 1,
      'aria-setsize': count,
      'data-index': token.index,
    },
    el('span.index', String(token.index)),
    box,
    el('span.visually-hidden'),
    el('span.bar', { 'aria-hidden': 'true' }, el('i')),
  );
}

/** What a chip shows besides its text. */
export interface ChipMarks {
  readonly query: boolean;
  readonly key: boolean;
  readonly cursor: boolean;
  readonly preview: boolean;
  readonly active: boolean;
}

/** Shows the marks; the letters Q and K and the outline say the same as the colours. */
export function markChip(chip: HTMLElement, token: Token, marks: ChipMarks): void {
  for (const [name, on] of Object.entries<boolean>({ ...marks }))
    chip.classList.toggle(`is-${name}`, on);
  chip.setAttribute('aria-selected', String(marks.query || marks.key));
  const letters = [marks.query ? 'Q' : '', marks.key ? 'K' : ''].filter(Boolean).join(' ');
  const index = chip.querySelector('.index');
  const name = letters ? `${letters} ${token.index}` : String(token.index);
  if (index && index.textContent !== name) index.textContent = name;
}

/** Shows the weight that the query gives to this token; null while there is none. */
export function weighChip(
  chip: HTMLElement,
  token: Token,
  weight:
    | {
        readonly name: string;
        readonly value: number;
        readonly share: number;
        readonly color: string;
      }
    | 'blocked'
    | null,
): void {
  const bar = chip.querySelector<HTMLElement>('.bar > i');
  if (!bar) return;
  const roles = [
    chip.dataset['group'] ?? '',
    token.template ? 'by the template' : '',
    chip.classList.contains('is-query') ? 'query' : '',
    chip.classList.contains('is-key') ? 'key' : '',
    token.special ? 'special' : '',
    token.unknown ? 'unknown' : '',
  ].filter(Boolean);
  const number =
    weight === null
      ? []
      : [weight === 'blocked' ? 'blocked' : `${weight.name} ${weight3(weight.value)}`];
  const spoken = chip.querySelector('.visually-hidden');
  if (spoken) spoken.textContent = ['', ...roles, ...number].join(', ');
  chip.classList.toggle('is-blocked', weight === 'blocked');
  const drawn = weight !== null && weight !== 'blocked';
  bar.style.height = drawn ? `${Math.max(0.5, weight.share * BAR_HEIGHT)}px` : '0';
  if (drawn) colorChip(chip, weight.color);
}

/** Gives the bar of a chip's weight its colour. */
export function colorChip(chip: HTMLElement, color: string): void {
  const bar = chip.querySelector<HTMLElement>('.bar > i');
  if (bar) bar.style.backgroundColor = color;
}
