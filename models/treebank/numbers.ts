import type { Context } from './context';
import type { Tense } from './verbGroup';
import { word, type Token } from './token';

const words = [
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'fifteen',
  'twenty',
  'thirty',
  'forty',
  'fifty',
] as const;

/** A cardinal number above one, as a word or in digits. */
export function numeral(ctx: Context): Token {
  const form = ctx.chance(0.65) ? ctx.pick(words) : digits(ctx);
  return word(form, form, 'NUM');
}

/** A number in digits, from two digits to thousands with a comma. */
function digits(ctx: Context): string {
  const kind = ctx.integer(0, 3);
  if (kind < 2) return String(ctx.integer(11, 99));
  if (kind === 2) return String(ctx.integer(100, 999));
  return `${ctx.integer(1, 9)},${ctx.pick(['000', '200', '500', '750', '400'])}`;
}

/** A year of the last centuries for the past, one to come for the rest. */
export function year(ctx: Context, tense: Tense): Token {
  const form = String(tense === 'past' ? ctx.integer(1790, 2019) : ctx.integer(2030, 2099));
  return word(form, form, 'NUM');
}

/** First, second, third …: adjectives. */
export function ordinal(ctx: Context): Token {
  const form = ctx.pick(['first', 'second', 'third', 'fourth', 'fifth', 'last', 'next']);
  return word(form, form, 'ADJ');
}

/** A day of a month in digits. */
export function dayOfMonth(ctx: Context): Token {
  const form = String(ctx.integer(1, 28));
  return word(form, form, 'NUM');
}

/** A small number for measures and clock times. */
export function smallNumber(ctx: Context, from = 2, to = 12): Token {
  const value = ctx.integer(from, to);
  const form =
    value <= 12 && value >= 2 && ctx.chance(0.6)
      ? (words[value - 2] ?? String(value))
      : String(value);
  return word(form, form, 'NUM');
}
