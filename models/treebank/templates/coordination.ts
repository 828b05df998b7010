import { adjuncts, time } from '../adjuncts';
import { someone } from '../arguments';
import {
  active,
  anyClause,
  anyTense,
  type Clause,
  copular,
  setting,
  subjectAndVerb,
} from '../clause';
import type { Context, Referent } from '../context';
import { organisation, person, place } from '../entities';
import { transitiveVerb } from '../frames';
import { type Verb, verbs } from '../lexicon';
import type { NounClass } from '../lexicon/nouns';
import { nounPhrase } from '../nominal';
import type { Nominal } from '../pronouns';
import { predicate, simpleKinds } from '../predicate';
import { attach, chunk, type Phrase, punctuation, type Token, word } from '../token';
import { nonFinite, verbGroup } from '../verbGroup';
import { finish, type Template } from './template';

/** A conjunction on the conjunct after it. */
const conjunction = (head: Token, form: string) => attach(head, 'cc', word(form, form, 'CCONJ'));

/** “A and B”, “A, B and C”: the first is the head; together they are one more referent. */
export function coordinated(ctx: Context, parts: readonly Nominal[], form = 'and'): Nominal {
  const [first, ...others] = parts;
  if (first === undefined) throw new Error('nothing to coordinate');
  const tokens = [...first.tokens];
  for (const [i, part] of others.entries()) {
    const last = i === others.length - 1;
    const link = last ? conjunction(part.head, form) : punctuation(part.head, ',');
    tokens.push(...link, ...attach(first.head, 'conj', part));
  }
  const referent: Referent = {
    gender: first.referent.gender,
    plural: form === 'and' || first.referent.plural,
    person: 3,
  };
  ctx.mention(referent, tokens);
  return { tokens, head: first.head, referent };
}

const alike = (ctx: Context, of: NounClass, count: number) =>
  Array.from({ length: count }, () => nounPhrase(ctx, of, { adjective: 0.25 }));

/** Two or more subjects or objects. */
function nounList(ctx: Context): Phrase {
  const count = ctx.pick([2, 2, 3, 4]);
  if (ctx.chance(0.4)) {
    const names = Array.from({ length: Math.min(count, 3) }, () => person(ctx));
    return finish(active(ctx, { subject: coordinated(ctx, names) }));
  }
  const { verb, of } = transitiveVerb(
    ctx,
    ctx.pick(['thing', 'food', 'document', 'animal', 'place', 'plant', 'tool']),
  );
  const subject = someone(ctx, 'subject');
  const set = setting(ctx, {});
  const group = verbGroup(ctx, verb, subject.referent, set);
  const head = group.verb;
  const object = coordinated(
    ctx,
    of === 'place' && ctx.chance(0.5)
      ? Array.from({ length: count }, () => place(ctx, 'city'))
      : alike(ctx, of, count),
    ctx.pick(['and', 'and', 'or']),
  );
  return finish({
    tokens: [
      ...subjectAndVerb(subject, group),
      ...attach(head, 'obj', object),
      ...(ctx.chance(0.4) ? time(ctx, head, set.tense) : []),
    ],
    head,
  });
}

/** Two predicates of one subject, or two clauses. */
function coordinatedVerbs(ctx: Context): Phrase {
  const tense = anyTense(ctx);
  const first = active(ctx, { tense, bare: true, negated: false });
  const form = ctx.pick(['and', 'and', 'but', 'or']);
  const chosen = predicate(ctx, first.subject, simpleKinds);
  const head = likewise(ctx, chosen.verb, first);
  chunk('VP', [head]);
  const second = [head, ...chosen.complements(head), ...adjuncts(ctx, head, tense)];
  const link = conjunction(head, form);
  attach(first.head, 'conj', head);
  return finish({ tokens: [...first.tokens, ...link, ...second], head: first.head });
}

/** The verb in the form of the first clause’s verb, whose auxiliaries it shares. */
function likewise(ctx: Context, verb: Verb, first: Clause): Token {
  const feats = first.head.feats;
  if (feats === 'VerbForm=Inf') return nonFinite(verb, 'base');
  if (feats.includes('VerbForm=Part'))
    return nonFinite(verb, feats.includes('Past') ? 'participle' : 'ing');
  const tense = feats.includes('Tense=Past') ? 'past' : 'present';
  return verbGroup(ctx, verb, first.subject.referent, { tense }).verb;
}

/** “…, but …”, “…; …” */
function coordinatedClauses(ctx: Context): Phrase {
  const tense = ctx.pick(['past', 'present'] as const);
  const first = anyClause(ctx, { tense, bare: true });
  const second = anyClause(ctx, { tense, bare: true });
  if (ctx.chance(0.15)) {
    const tokens = [
      ...first.tokens,
      ...punctuation(second.head, ';'),
      ...attach(first.head, 'parataxis', second),
    ];
    return finish({ tokens, head: first.head });
  }
  const form = ctx.pick(['and', 'but', 'so', 'or', 'yet']);
  const tokens = [
    ...first.tokens,
    ...punctuation(second.head, ','),
    ...conjunction(second.head, form),
    ...attach(first.head, 'conj', second),
  ];
  return finish({ tokens, head: first.head });
}

/** “Bring the following: a rope, a torch and some bread.” with a colon before the list. */
function colonList(ctx: Context): Phrase {
  const subject = ctx.chance(0.5) ? person(ctx) : organisation(ctx);
  const verb = ctx.draw(verbs('need buy:bought:bought order want collect'));
  const set = setting(ctx, { bare: true, negated: false });
  const group = verbGroup(ctx, verb, subject.referent, set);
  const head = group.verb;
  const form = ctx.pick(['thing', 'item', 'article']);
  const things = word(`${form}s`, form, 'NOUN', 'Number=Plur');
  const count = ctx.pick([2, 3, 4]);
  const amount = word(
    ['two', 'three', 'four'][count - 2] ?? 'two',
    ['two', 'three', 'four'][count - 2] ?? 'two',
    'NUM',
  );
  const noun = chunk('NP', [...attach(things, 'nummod', amount), things]);
  const items = coordinated(
    ctx,
    alike(ctx, ctx.pick(['thing', 'food', 'tool', 'document']), count),
  );
  attach(head, 'obj', things);
  return finish({
    tokens: [
      ...subjectAndVerb(subject, group),
      ...noun,
      ...punctuation(items.head, ':'),
      ...attach(things, 'appos', items),
    ],
    head,
  });
}

/** “both … and …”, “neither … nor …” */
function paired(ctx: Context): Phrase {
  const [before, between] = ctx.pick([
    ['both', 'and'],
    ['either', 'or'],
    ['neither', 'nor'],
  ] as const);
  const parts = ctx.chance(0.5) ? [person(ctx), person(ctx)] : alike(ctx, 'person', 2);
  const subject = coordinated(ctx, parts, between);
  const opening = attach(subject.head, 'cc:preconj', word(before, before, 'CCONJ'));
  const tokens = [...opening, ...subject.tokens];
  return finish(
    active(ctx, {
      subject: { ...subject, tokens },
      negated: false,
      tense: ctx.pick(['past', 'future']),
    }),
  );
}

/** “old but clean” */
function coordinatedAdjectives(ctx: Context): Phrase {
  const clause = copular(ctx);
  if (clause.head.upos !== 'ADJ') return finish(clause);
  const form = ctx.pick(['useful', 'beautiful', 'quiet', 'strange', 'ready', 'clean', 'cold']);
  const other = word(form, form, 'ADJ');
  if (clause.head.lemma === other.lemma) return finish(clause);
  const link = conjunction(other, ctx.pick(['and', 'but']));
  attach(clause.head, 'conj', other);
  chunk('ADJP', [other]);
  return finish({ tokens: [...clause.tokens, ...link, other], head: clause.head });
}

/** “Something strange happened.”, “Nobody came.” */
function happened(ctx: Context): Phrase {
  const head0 = ctx.pick(['something', 'nothing', 'everything']);
  const head = word(head0, head0, 'PRON');
  const form = ctx.pick(['strange', 'new', 'terrible', 'odd', 'good', 'else']);
  const adjective = word(form, form, 'ADJ');
  const tokens = chunk('NP', [head, ...attach(head, 'amod', adjective)]);
  const subject: Nominal = {
    tokens: [...tokens],
    head,
    referent: { gender: 'neuter', plural: false, person: 3 },
  };
  const tense = ctx.pick(['past', 'future'] as const);
  const group = verbGroup(
    ctx,
    ctx.draw(verbs('happen arrive appear disappear change')),
    subject.referent,
    { tense },
  );
  const rest = [...group.operator, ...group.rest, ...time(ctx, group.verb, tense)];
  return finish({ tokens: [...attach(group.verb, 'nsubj', subject), ...rest], head: group.verb });
}

export const coordination: readonly Template[] = [
  { name: 'noun list', weight: 7, make: nounList },
  { name: 'coordinated verbs', weight: 6, make: coordinatedVerbs },
  { name: 'coordinated clauses', weight: 6, make: coordinatedClauses },
  { name: 'colon list', weight: 2, make: colonList },
  { name: 'paired', weight: 6, only: 'dev', make: paired },
  { name: 'coordinated adjectives', weight: 2, make: coordinatedAdjectives },
  { name: 'something', weight: 2, make: happened },
];
