import { someone } from '../arguments';
import {
  about,
  active,
  anyClause,
  anyTense,
  type Clause,
  degreeAdjective,
  marked,
  setting,
  subjectAndVerb,
} from '../clause';
import type { Context } from '../context';
import { person } from '../entities';
import { list, verbs } from '../lexicon';
import { subordinators } from '../lexicon/closed';
import * as lists from '../lexicon/verbs';
import { nounPhrase } from '../nominal';
import type { Nominal } from '../pronouns';
import { simpleKinds, toInfinitive, verbPhrase } from '../predicate';
import { toClause } from '../relative';
import { attach, chunk, leaf, type Phrase, punctuation, type Token, word } from '../token';
import { copulaOf, type Tense, verbGroup } from '../verbGroup';
import { askedAdverb } from './questions';
import { finish, type Template } from './template';

const say = verbs(lists.saying);
const control = verbs(lists.objectControl);
const bare = verbs(lists.bareInfinitive);

/** A clause that may stand under a verb of saying: with “that” or without. */
export function complementClause(ctx: Context, clause: Clause): Phrase {
  return ctx.chance(0.6) ? marked(clause, 'that') : clause;
}

/** “The judge knew that …” */
function saying(ctx: Context): Phrase {
  const subject = someone(ctx, 'subject');
  const set = setting(ctx, {});
  const group = verbGroup(ctx, ctx.draw(say), subject.referent, set);
  const head = group.verb;
  const inner = complementClause(ctx, anyClause(ctx));
  return finish({
    tokens: [...subjectAndVerb(subject, group), ...attach(head, 'ccomp', inner)],
    head,
  });
}

/** “I wonder whether …”, “She knew why …” */
function indirectQuestion(ctx: Context): Phrase {
  const subject = someone(ctx, 'subject');
  const verb = ctx.draw(
    verbs(
      'know:knew:known ask wonder remember forget:forgot:forgotten discover understand:understood:understood',
    ),
  );
  const group = verbGroup(ctx, verb, subject.referent, setting(ctx, { bare: true }));
  const head = group.verb;
  const clause = active(ctx, { bare: true, kinds: simpleKinds });
  const form = ctx.pick(['whether', 'if', 'why', 'when', 'where', 'how']);
  const inner =
    form === 'whether' || form === 'if'
      ? marked(clause, form)
      : { tokens: [...askedAdverb(clause.head, form), ...clause.tokens], head: clause.head };
  return finish({
    tokens: [...subjectAndVerb(subject, group), ...attach(head, 'ccomp', inner)],
    head,
  });
}

/** “Because it rained, …” and “… because it rained.” */
function adverbial(ctx: Context): Phrase {
  const tense: Tense = ctx.pick(['past', 'past', 'present']);
  const main = anyClause(ctx, { tense, bare: true });
  const form = ctx.pick(list(subordinators));
  const side = ctx.chance(0.4)
    ? about(ctx, main.subject, { tense, bare: true })
    : anyClause(ctx, { tense, bare: true });
  const inner = marked(side, form);
  const first =
    ctx.chance(0.45) &&
    main.subject !== side.subject &&
    side.subject.referent !== main.subject.referent;
  const comma = punctuation(main.head, ',');
  const attached = attach(main.head, 'advcl', inner);
  return finish({
    tokens: first ? [...attached, ...comma, ...main.tokens] : [...main.tokens, ...attached],
    head: main.head,
  });
}

/** “Before leaving the house, Maria …”, “Walking home, …” */
function participial(ctx: Context): Phrase {
  const subject = ctx.chance(0.7)
    ? person(ctx)
    : nounPhrase(ctx, ['male', 'female', 'person'], { plural: false });
  const main = active(ctx, { subject, tense: 'past', bare: true });
  const phrase = verbPhrase(ctx, subject, 'ing', [
    'transitive',
    'motion',
    'prepositional',
    'phrasal',
  ]);
  const form = ctx.pick(['before', 'after', 'while', 'without', '', '', 'by']);
  const mark = form === '' ? [] : leaf(phrase.head, 'mark', word(form, form, 'SCONJ'), 'SBAR');
  const inner = attach(main.head, 'advcl', {
    tokens: [...mark, ...phrase.tokens],
    head: phrase.head,
  });
  const first = form === '' || ctx.chance(0.5);
  return finish({
    tokens: first
      ? [...inner, ...punctuation(main.head, ','), ...main.tokens]
      : [...main.tokens, ...inner],
    head: main.head,
  });
}

/** “The teacher asked the boys to …”, “She made him …”, “I heard the girl …” */
function objectControl(ctx: Context): Phrase {
  const subject = someone(ctx, 'subject');
  const bareForm = ctx.chance(0.35);
  const set = setting(ctx, {});
  const group = verbGroup(ctx, ctx.draw(bareForm ? bare : control), subject.referent, set);
  const head = group.verb;
  const object = someone(ctx, 'object', false);
  const inner = bareForm ? verbPhrase(ctx, object, 'base') : toInfinitive(ctx, object);
  return finish({
    tokens: [
      ...subjectAndVerb(subject, group),
      ...attach(head, 'obj', object),
      ...attach(head, 'xcomp', inner),
    ],
    head,
  });
}

/** “Climbing the hill was hard.” */
function clausalSubject(ctx: Context): Phrase {
  const nobody: Nominal = { tokens: [], head: word('one', 'one', 'PRON'), referent: ctx.addressee };
  const phrase = verbPhrase(ctx, nobody, 'ing', [
    'transitive',
    'motion',
    'prepositional',
    'phrasal',
  ]);
  const predicate = degreeAdjective(ctx, 'abstract');
  const tense = ctx.pick(['past', 'present'] as const);
  const group = verbGroup(
    ctx,
    'be',
    { gender: 'neuter', plural: false, person: 3 },
    { tense, negated: ctx.chance(0.2) },
  );
  copulaOf(group, predicate.head);
  return finish({
    tokens: [
      ...attach(predicate.head, 'csubj', phrase),
      ...group.operator,
      ...group.rest,
      ...predicate.tokens,
    ],
    head: predicate.head,
  });
}

/** “so tired that he fell asleep” */
function result(ctx: Context): Phrase {
  const subject = person(ctx);
  const tense = ctx.pick(['past', 'present'] as const);
  const predicate = degreeAdjective(ctx, 'person');
  const so = word('so', 'so', 'ADV');
  attach(predicate.head, 'advmod', so);
  chunk('ADJP', [so, predicate.head]);
  const group = verbGroup(ctx, 'be', subject.referent, { tense });
  copulaOf(group, predicate.head);
  const inner = marked(about(ctx, subject, { tense, bare: true }), 'that');
  const tokens: readonly Token[] = [
    ...attach(predicate.head, 'nsubj', subject),
    ...group.operator,
    ...group.rest,
    so,
    predicate.head,
    ...attach(predicate.head, 'advcl', inner),
  ];
  return finish({ tokens, head: predicate.head });
}

/** “The council had a plan to …” */
function infinitivalNoun(ctx: Context): Phrase {
  const subject = someone(ctx, 'subject');
  const verb = ctx.draw(verbs('have:had:had make:made:made announce support need want'));
  const group = verbGroup(ctx, verb, subject.referent, { tense: anyTense(ctx) });
  const head = group.verb;
  const noun = ctx.pick([
    'plan',
    'chance',
    'attempt',
    'promise',
    'reason',
    'decision',
    'offer',
    'effort',
  ]);
  const entry = {
    lemma: noun,
    plural: `${noun}s`,
    class: 'abstract',
    home: 'all',
    weight: 1,
  } as const;
  const nominal = toClause(
    ctx,
    nounPhrase(ctx, 'abstract', { noun: entry, plural: false }),
    subject,
  );
  return finish({
    tokens: [...subjectAndVerb(subject, group), ...attach(head, 'obj', nominal)],
    head,
  });
}

export const subordinate: readonly Template[] = [
  { name: 'saying', weight: 9, make: saying },
  { name: 'indirect question', weight: 4, make: indirectQuestion },
  { name: 'adverbial clause', weight: 10, make: adverbial },
  { name: 'participial', weight: 5, make: participial },
  { name: 'object control', weight: 5, make: objectControl },
  { name: 'clausal subject', weight: 3, make: clausalSubject },
  { name: 'result', weight: 6, only: 'test', make: result },
  { name: 'infinitival noun', weight: 3, make: infinitivalNoun },
];
