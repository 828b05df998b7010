import { where } from './arguments';
import type { Context } from './context';
import { weekday } from './entities';
import { months } from './lexicon/names';
import { adverbEntries, list, nounEntries, type Entry } from './lexicon';
import type { AdverbClass } from './lexicon/adverbs';
import { nounPhrase, withCase } from './nominal';
import { dayOfMonth, smallNumber, year } from './numbers';
import { attach, chunk, entity, leaf, punctuation, word, type Phrase, type Token } from './token';
import type { Tense } from './verbGroup';

/** An adverb of a class, not attached yet. */
export function adverb(ctx: Context, kind: AdverbClass): Token {
  const entry: Entry = ctx.draw(adverbEntries[kind]);
  return word(entry.lemma, entry.lemma, 'ADV');
}

/** When: a phrase for the tense, with the relation it has to the verb. */
export function time(ctx: Context, head: Token, tense: Tense): readonly Token[] {
  switch (ctx.integer(0, 8)) {
    case 0:
      return attach(head, 'obl:unmarked', dayWord(tense, ctx));
    case 1:
      return attach(head, 'obl:unmarked', determinedPeriod(ctx, tense));
    case 2:
      return attach(head, 'obl', on(weekday(ctx), 'on'));
    case 3:
      return attach(head, 'obl', withPreposition(month(ctx, tense), 'in'));
    case 4:
      return attach(
        head,
        'obl',
        withPreposition(
          dated(year(ctx, tense)),
          tense === 'past' ? ctx.pick(['in', 'in', 'since', 'before']) : 'by',
        ),
      );
    case 5:
      return attach(head, 'obl', withPreposition(fullDate(ctx, tense), 'on'));
    case 6:
      return attach(head, 'obl', withPreposition(clock(ctx), ctx.pick(['at', 'before', 'after'])));
    case 7:
      return tense === 'past'
        ? ago(ctx, head)
        : attach(head, 'obl', withPreposition(measure(ctx), 'for'));
    default: {
      const event = nounPhrase(ctx, 'event', { plural: false, determiner: 'the' });
      return attach(head, 'obl', withCase(event, ctx.pick(['before', 'after', 'during'])));
    }
  }
}

function dayWord(tense: Tense, ctx: Context): Phrase {
  const form =
    tense === 'past'
      ? 'yesterday'
      : tense === 'future'
        ? ctx.pick(['tomorrow', 'tonight'])
        : 'today';
  const head = word(form, form, 'NOUN');
  return { tokens: entity('DATE', chunk('NP', [head])), head };
}

/** “last week”, but not “last morning”. */
const dayParts = new Set(['day', 'morning', 'evening', 'afternoon']);

function determinedPeriod(ctx: Context, tense: Tense): Phrase {
  const usable = nounEntries.period.filter(
    each => tense === 'present' || !dayParts.has(each.lemma),
  );
  const period = nounPhrase(ctx, 'period', {
    noun: ctx.draw(usable),
    plural: false,
    determiner: 'bare',
    adjective: 0,
    mention: false,
  });
  const form =
    tense === 'past' ? 'last' : tense === 'future' ? 'next' : ctx.pick(['every', 'this']);
  const first =
    /t$/.test(form) && form !== 'this' ? word(form, form, 'ADJ') : word(form, form, 'DET');
  const tokens = [
    ...attach(period.head, first.upos === 'ADJ' ? 'amod' : 'det', first),
    ...period.tokens,
  ];
  chunk('NP', tokens);
  if (form !== 'every') entity('DATE', tokens);
  return { tokens, head: period.head };
}

const on = (phrase: Phrase, preposition: string) => withPreposition(phrase, preposition);

function withPreposition(phrase: Phrase, preposition: string): Phrase {
  const token = word(preposition, preposition, 'ADP');
  return {
    tokens: [...leaf(phrase.head, 'case', token, 'PP'), ...phrase.tokens],
    head: phrase.head,
  };
}

function dated(head: Token): Phrase {
  return { tokens: entity('DATE', chunk('NP', [head])), head };
}

function monthWord(ctx: Context): Token {
  const form = ctx.pick(list(months));
  return word(form, form, 'PROPN');
}

function month(ctx: Context, tense: Tense): Phrase {
  const head = monthWord(ctx);
  const tokens = ctx.chance(0.5)
    ? [head, ...attach(head, 'nmod:unmarked', year(ctx, tense))]
    : [head];
  return { tokens: entity('DATE', chunk('NP', tokens)), head };
}

/** “May 5” or “May 5, 1987”: the day is the head, as in UD English EWT. */
function fullDate(ctx: Context, tense: Tense): Phrase {
  const head = dayOfMonth(ctx);
  const tokens = [...attach(head, 'nmod:unmarked', monthWord(ctx)), head];
  chunk('NP', tokens);
  if (ctx.chance(0.6)) {
    const last = year(ctx, tense);
    const comma = punctuation(last, ',');
    tokens.push(...comma, ...chunk('NP', attach(head, 'nmod:unmarked', last)));
  }
  return { tokens: entity('DATE', tokens), head };
}

/** “7 o’clock”, “midnight”. */
function clock(ctx: Context): Phrase {
  if (ctx.chance(0.3)) {
    const form = ctx.pick(['noon', 'midnight', 'dawn', 'sunset']);
    const head = word(form, form, 'NOUN');
    return { tokens: chunk('NP', [head]), head };
  }
  const head = smallNumber(ctx, 2, 11);
  const clockWord = word('o’clock', 'o’clock', 'ADV');
  return { tokens: chunk('NP', [head, ...attach(head, 'advmod', clockWord)]), head };
}

/** “three days”. */
export function measure(
  ctx: Context,
  units = ['day', 'week', 'hour', 'month', 'year', 'minute'],
): Phrase {
  const unit = ctx.pick(units);
  const head = word(`${unit}s`, unit, 'NOUN', 'Number=Plur');
  return { tokens: chunk('NP', [...attach(head, 'nummod', smallNumber(ctx)), head]), head };
}

function ago(ctx: Context, head: Token): readonly Token[] {
  const token = word('ago', 'ago', 'ADV');
  const span = measure(ctx, ['day', 'week', 'year', 'month', 'hour']);
  return [...attach(token, 'obl:unmarked', span), ...leaf(head, 'advmod', token, 'ADVP')];
}

/** An adverb after the verb or its object. */
export function manner(ctx: Context, head: Token): readonly Token[] {
  const token = adverb(ctx, 'manner');
  const graded =
    ctx.chance(0.2) && !['alone', 'together', 'straight', 'suddenly'].includes(token.lemma);
  const degree = graded ? attach(token, 'advmod', word('very', 'very', 'ADV')) : [];
  return chunk('ADVP', [...degree, ...attach(head, 'advmod', token)]);
}

/** An adverb of place. */
export function placeAdverb(ctx: Context, head: Token): readonly Token[] {
  return leaf(head, 'advmod', adverb(ctx, 'place'), 'ADVP');
}

/** Where, when and how after the complements; seldom more than one. */
export function adjuncts(ctx: Context, head: Token, tense: Tense): readonly Token[] {
  const at = ctx.integer(0, 99);
  if (at < 40) return [];
  if (at < 54) return manner(ctx, head);
  if (at < 68) return time(ctx, head, tense);
  if (at < 80) return attach(head, 'obl', where(ctx));
  if (at < 86) return placeAdverb(ctx, head);
  return [...attach(head, 'obl', where(ctx)), ...time(ctx, head, tense)];
}
