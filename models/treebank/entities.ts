import type { Context, Referent } from './context';
import {
  honours,
  languages,
  newPlaces,
  organisations,
  sites,
  titles,
  weekdays,
} from './lexicon/names';
import { list, nameEntries } from './lexicon';
import type { Nominal } from './pronouns';
import { attach, chunk, entity, word, type Token } from './token';

const proper = (form: string) => word(form, form, 'PROPN');

function named(
  ctx: Context,
  type: 'PER' | 'LOC' | 'ORG' | 'MISC' | 'DATE',
  tokens: Token[],
  head: Token,
  gender: Referent['gender'] = 'neuter',
): Nominal {
  chunk('NP', tokens);
  entity(type, tokens);
  const referent: Referent = { gender, plural: false, person: 3 };
  ctx.mention(referent, tokens);
  return { tokens, head, referent };
}

const name = (ctx: Context, kind: keyof typeof nameEntries) =>
  proper(ctx.draw(nameEntries[kind]).lemma);

/** A person of one to three words: “Maria”, “Mark Rivers”, “Dr. Anna May Hill”. */
export function person(
  ctx: Context,
  gender: 'masculine' | 'feminine' = ctx.chance(0.5) ? 'masculine' : 'feminine',
): Nominal {
  const first = gender === 'feminine' ? 'female' : 'male';
  const kind = ctx.integer(0, 99);
  if (kind < 52) {
    const head = name(ctx, first);
    return named(ctx, 'PER', [head], head, gender);
  }
  if (kind < 76) return named(ctx, 'PER', ...flat([name(ctx, first), name(ctx, 'family')]), gender);
  if (kind < 84) {
    const parts = [name(ctx, first), name(ctx, first), name(ctx, 'family')];
    return named(ctx, 'PER', ...flat(parts), gender);
  }
  return titled(ctx, gender);
}

/** “Mrs. Novak”: the title is no part of the entity. */
function titled(ctx: Context, gender: 'masculine' | 'feminine'): Nominal {
  const other = gender === 'feminine' ? 'Mr.' : 'Mrs.';
  const title = proper(ctx.pick(list(titles).filter(each => each !== other)));
  const parts = [name(ctx, 'family')];
  if (ctx.chance(0.4)) parts.unshift(name(ctx, gender === 'feminine' ? 'female' : 'male'));
  const [tokens, head] = flat(parts);
  entity('PER', tokens);
  const all = [...attach(head, 'nmod:desc', title), ...tokens];
  chunk('NP', all);
  const referent: Referent = { gender, plural: false, person: 3 };
  ctx.mention(referent, all);
  return { tokens: all, head, referent };
}

/** The first word is the head of a name without inner structure. */
function flat(parts: Token[]): [Token[], Token] {
  const head = parts[0];
  if (head === undefined) throw new Error('a name needs a word');
  return [[head, ...parts.slice(1).flatMap(each => attach(head, 'flat', each))], head];
}

function withFirst(parts: readonly Token[], kind: string, deprel = 'compound'): [Token[], Token] {
  const head = proper(kind);
  return [[...parts.flatMap(each => attach(head, deprel, each)), head], head];
}

/** A city, a country, a street. */
export function place(ctx: Context, kind: 'city' | 'any' = 'any'): Nominal {
  const at = ctx.integer(0, 99);
  if (kind === 'any' && at < 18) {
    const parts = [name(ctx, ctx.chance(0.5) ? 'family' : 'place')];
    return named(ctx, 'LOC', ...withFirst(parts, ctx.pick(list(sites))));
  }
  if (at < 28) {
    const second = proper(ctx.pick(list(newPlaces)));
    const first = word('New', 'New', 'ADJ');
    return named(ctx, 'LOC', [...attach(second, 'amod', first), second], second);
  }
  const head = name(ctx, 'place');
  return named(ctx, 'LOC', [head], head);
}

/** A company, bank, museum or university. */
export function organisation(ctx: Context): Nominal {
  const at = ctx.integer(0, 99);
  if (at < 32) {
    const head = name(ctx, 'company');
    return named(ctx, 'ORG', [head], head);
  }
  if (at < 42) return universityOf(ctx);
  const owner = name(ctx, ctx.pick(['family', 'place', 'company', 'place'] as const));
  const kind = ctx.pick(list(organisations));
  const parts = ctx.chance(0.15)
    ? [owner, proper(ctx.pick(['City', 'Royal', 'Central']))]
    : [owner];
  const [tokens, head] = withFirst(parts, kind);
  if (/^(University|Airlines|Railways|Motors|Council)$/.test(kind)) {
    return named(ctx, 'ORG', tokens, head);
  }
  const article = word('the', 'the', 'DET', 'Definite=Def');
  const nominal = named(ctx, 'ORG', [...attach(head, 'det', article), ...tokens], head);
  delete article.entity;
  return nominal;
}

/** “the University of Lisbon”: two chunks with a preposition between, one entity. */
function universityOf(ctx: Context): Nominal {
  const head = proper(ctx.pick(['University', 'Bank', 'Museum', 'Port']));
  const article = word('the', 'the', 'DET', 'Definite=Def');
  const of = word('of', 'of', 'ADP');
  const where = name(ctx, 'place');
  const first = [...attach(head, 'det', article), head];
  chunk('NP', first);
  chunk('PP', attach(where, 'case', of));
  chunk('NP', attach(head, 'nmod', where));
  const tokens = [...first, of, where];
  entity('ORG', tokens.slice(1));
  const referent: Referent = { gender: 'neuter', plural: false, person: 3 };
  ctx.mention(referent, tokens);
  return { tokens, head, referent };
}

/** “the Marlow Prize”. */
export function honour(ctx: Context): Nominal {
  const owner = name(ctx, ctx.pick(['family', 'place', 'female'] as const));
  const [tokens, head] = withFirst([owner], ctx.pick(list(honours)));
  const article = word('the', 'the', 'DET', 'Definite=Def');
  const nominal = named(ctx, 'MISC', [...attach(head, 'det', article), ...tokens], head);
  delete article.entity;
  return nominal;
}

/** A language as a noun. */
export function language(ctx: Context): Nominal {
  const head = proper(ctx.pick(list(languages)));
  return named(ctx, 'MISC', [head], head);
}

/** A day of the week. */
export function weekday(ctx: Context): Nominal {
  const head = proper(ctx.pick(list(weekdays)));
  return named(ctx, 'DATE', [head], head);
}
