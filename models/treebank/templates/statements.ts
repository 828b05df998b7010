import { adverb, time } from '../adjuncts';
import { someone, where } from '../arguments';
import {
  active,
  anyClause,
  anyTense,
  copular,
  marked,
  passive,
  setting,
  subjectAndVerb,
  thingActs,
} from '../clause';
import type { Context } from '../context';
import { honour, language, organisation, person } from '../entities';
import { list, verb, verbs } from '../lexicon';
import { clausal, infinitival } from '../lexicon/adjectives';
import { nounPhrase, withCase } from '../nominal';
import { numeral } from '../numbers';
import { toInfinitive } from '../predicate';
import { attach, chunk, leaf, type Phrase, punctuation, type Token, word } from '../token';
import { copulaOf, verbGroup } from '../verbGroup';
import { finish, type Template } from './template';

/** “However, …”, “In 1999, …”. */
function opened(ctx: Context): Phrase {
  const tense = anyTense(ctx);
  const clause = active(ctx, { tense, bare: true });
  const opening = ctx.chance(0.4)
    ? leaf(clause.head, 'advmod', adverb(ctx, 'sentence'), 'ADVP')
    : ctx.chance(0.7)
      ? time(ctx, clause.head, tense)
      : attach(clause.head, 'obl', where(ctx));
  const comma = ctx.chance(0.8) ? punctuation(clause.head, ',') : [];
  return finish({ tokens: [...opening, ...comma, ...clause.tokens], head: clause.head });
}

const expletive = (form: 'there' | 'it') => {
  const token = word(form, form, 'PRON', form === 'it' ? 'Number=Sing|Person=3' : '_');
  chunk('NP', [token]);
  return token;
};
const singular = { gender: 'neuter', plural: false, person: 3 } as const;

/** “There is a fox in the garden.” */
function there(ctx: Context): Phrase {
  const inverted = ctx.chance(0.2);
  const negative = ctx.chance(0.15);
  const nominal = nounPhrase(
    ctx,
    ['animal', 'thing', 'person', 'place', 'abstract', 'event', 'substance'],
    {
      determiner: negative ? 'negative' : 'a',
      mention: !negative,
    },
  );
  const verbs = verbGroup(ctx, 'be', nominal.referent, {
    tense: ctx.pick(['past', 'present', 'past']),
    inverted,
  });
  const head = verbs.verb;
  const be = { ...head, upos: 'VERB' };
  const move = (tokens: readonly Token[]) => tokens.map(each => (each === head ? be : each));
  const subject = attach(be, 'expl', expletive('there'));
  const group = [...move(verbs.operator), ...move(verbs.rest)];
  for (const token of group) if (token !== be) token.head = be;
  const first = inverted ? [...group, ...subject] : [...subject, ...group];
  const tokens = [...first, ...attach(be, 'nsubj', nominal), ...attach(be, 'obl', where(ctx))];
  return finish({ tokens, head: be }, inverted ? '?' : '.');
}

/** “It is clear that …”, “It was easy to …”. */
function extraposed(ctx: Context): Phrase {
  const that = ctx.chance(0.5);
  const lemma = ctx.pick(list(that ? clausal : infinitival));
  const head = word(lemma, lemma, 'ADJ');
  chunk('ADJP', [head]);
  const tense = ctx.pick(['past', 'present'] as const);
  const group = verbGroup(ctx, 'be', singular, { tense, negated: ctx.chance(0.2) });
  copulaOf(group, head);
  const start = [...attach(head, 'expl', expletive('it')), ...group.operator, ...group.rest, head];
  if (that) {
    const clause = marked(anyClause(ctx, { bare: true }), 'that');
    return finish({ tokens: [...start, ...attach(head, 'csubj', clause)], head });
  }
  const doer = someone(ctx, 'object', false);
  const known = ctx.chance(0.4);
  const goal = toInfinitive(ctx, doer);
  const middle = known ? attach(head, 'obl', withCase(doer, 'for')) : [];
  if (!known) forget(ctx, doer.tokens);
  return finish({ tokens: [...start, ...middle, ...attach(head, 'csubj', goal)], head });
}

/** “It rained all night.” */
function weather(ctx: Context): Phrase {
  const chosen = verb(ctx.pick(['rain', 'snow', 'hail', 'thunder', 'drizzle', 'pour']));
  const tense = anyTense(ctx);
  const group = verbGroup(ctx, chosen, singular, {
    tense,
    negated: ctx.chance(0.2),
    progressive: ctx.chance(0.3),
  });
  const head = group.verb;
  const tokens = [
    ...attach(head, 'expl', expletive('it')),
    ...group.operator,
    ...group.rest,
    ...(ctx.chance(0.5) ? leaf(head, 'advmod', adverb(ctx, 'manner'), 'ADVP') : []),
    ...(ctx.chance(0.5) ? attach(head, 'obl', where(ctx)) : time(ctx, head, tense)),
  ];
  return finish({ tokens, head });
}

const wins = verbs('win+:won:won receive accept refuse deserve celebrate');
const speaks = verbs(
  'speak:spoke:spoken teach:taught:taught learn study understand:understood:understood',
);
const measures = verbs('employ hire train attract lose:lost:lost need welcome');

/** Names of prizes, languages and companies with figures. */
function named(ctx: Context): Phrase {
  const kind = ctx.integer(0, 2);
  const subject =
    kind === 2 ? organisation(ctx) : ctx.chance(0.7) ? person(ctx) : someone(ctx, 'subject');
  const chosen = ctx.draw([wins, speaks, measures][kind] ?? wins);
  const set = setting(ctx, {});
  const group = verbGroup(ctx, chosen, subject.referent, set);
  const head = group.verb;
  const object = kind === 0 ? honour(ctx) : kind === 1 ? language(ctx) : counted(ctx);
  const tokens = [
    ...subjectAndVerb(subject, group),
    ...attach(head, 'obj', object),
    ...time(ctx, head, set.tense),
  ];
  return finish({ tokens, head });
}

/** “about 3,500 workers”. */
function counted(ctx: Context) {
  const nominal = nounPhrase(ctx, 'person', { plural: true, determiner: 'bare', adjective: 0.2 });
  const amount = numeral(ctx);
  const about = ctx.chance(0.5) ? attach(amount, 'advmod', word(...nearly(ctx))) : [];
  const added = [...about, ...attach(nominal.head, 'nummod', amount)];
  for (const token of added) if (nominal.head.chunk !== undefined) token.chunk = nominal.head.chunk;
  nominal.tokens.unshift(...added);
  return nominal;
}

function nearly(ctx: Context): [string, string, string] {
  const form = ctx.pick(['about', 'almost', 'nearly', 'over', 'only']);
  return [form, form, 'ADV'];
}

/** Takes back the mentions of words that the sentence does not use. */
function forget(ctx: Context, tokens: readonly Token[]): void {
  const gone = new Set(tokens);
  const kept = ctx.mentions.filter(each => !each.tokens.some(token => gone.has(token)));
  ctx.mentions.splice(0, ctx.mentions.length, ...kept);
}

export const statements: readonly Template[] = [
  { name: 'active', weight: 16, make: ctx => finish(active(ctx)) },
  { name: 'passive', weight: 9, make: ctx => finish(passive(ctx)) },
  { name: 'copular', weight: 7, make: ctx => finish(copular(ctx)) },
  { name: 'thing', weight: 3, make: ctx => finish(thingActs(ctx)) },
  { name: 'opened', weight: 7, make: opened },
  { name: 'there', weight: 4, make: there },
  { name: 'extraposed', weight: 4, make: extraposed },
  { name: 'weather', weight: 2, make: weather },
  { name: 'named', weight: 4, make: named },
];
