import { time } from '../adjuncts';
import { active, type ClauseOptions, copular, marked, setting, subjectAndVerb } from '../clause';
import type { Context } from '../context';
import { person } from '../entities';
import { transitiveVerb } from '../frames';
import { verbs } from '../lexicon';
import type { NounClass } from '../lexicon/nouns';
import * as lists from '../lexicon/verbs';
import { nounPhrase, withCase } from '../nominal';
import type { Nominal } from '../pronouns';
import { simpleKinds } from '../predicate';
import { pronoun } from '../pronouns';
import { attach, type Phrase } from '../token';
import { type Tense, verbGroup } from '../verbGroup';
import { finish, type Template } from './template';

const tell = verbs(lists.telling);
const meets = verbs('see:saw:seen meet:met:met visit call thank help follow invite');
const says = verbs(lists.saying);

/** A man and a woman in either order: a pronoun afterwards can mean only one of them. */
function couple(ctx: Context): readonly [Nominal, Nominal] {
  const first = ctx.chance(0.5) ? ('masculine' as const) : ('feminine' as const);
  const second = first === 'masculine' ? ('feminine' as const) : ('masculine' as const);
  return [somebody(ctx, first), somebody(ctx, second)];
}

function somebody(ctx: Context, gender: 'masculine' | 'feminine'): Nominal {
  if (ctx.chance(0.55)) return person(ctx, gender);
  const of = gender === 'masculine' ? 'male' : 'female';
  return nounPhrase(ctx, of, { plural: false, determiner: ctx.chance(0.75) ? 'the' : 'a' });
}

/** A clause about one of those named before, mostly with an object that is theirs. */
function clauseAbout(
  ctx: Context,
  pair: readonly [Nominal, Nominal],
  first: number,
  options: ClauseOptions,
): Phrase {
  const [nominal, other] = ctx.chance(first) ? pair : ([pair[1], pair[0]] as const);
  const subject = pronoun(ctx, nominal.referent, 'subject');
  if (ctx.chance(0.25)) return helping(ctx, subject, other, options);
  if (ctx.chance(0.3)) return copular(ctx, { ...options, subject });
  if (ctx.chance(0.4)) return active(ctx, { ...options, subject, kinds: simpleKinds });
  return losing(ctx, subject, options);
}

/** “she had helped him” */
function helping(ctx: Context, subject: Nominal, other: Nominal, options: ClauseOptions): Phrase {
  const { verb } = transitiveVerb(ctx, 'person');
  const group = verbGroup(ctx, verb, subject.referent, setting(ctx, { ...options, bare: true }));
  const head = group.verb;
  const object = attach(head, 'obj', pronoun(ctx, other.referent, 'object'));
  return { tokens: [...subjectAndVerb(subject, group), ...object], head };
}

const owned: readonly NounClass[] = ['thing', 'document', 'vehicle', 'animal', 'tool'];

/** “she had lost her keys” */
function losing(ctx: Context, subject: Nominal, options: ClauseOptions): Phrase {
  const { verb, of } = transitiveVerb(ctx, ctx.pick(owned));
  const group = verbGroup(ctx, verb, subject.referent, setting(ctx, { ...options, bare: true }));
  const head = group.verb;
  const object = nounPhrase(ctx, of, { owner: subject.referent });
  const tokens = [...subjectAndVerb(subject, group), ...attach(head, 'obj', object)];
  return { tokens, head };
}

/** “Maria told the boy that she …”: the antecedent is often not the nearest. */
function told(ctx: Context): Phrase {
  const [first, second] = couple(ctx);
  const group = verbGroup(
    ctx,
    ctx.draw(tell),
    first.referent,
    setting(ctx, { tense: 'past', bare: true }),
  );
  const head = group.verb;
  const inner = clauseAbout(ctx, [first, second], 0.65, { tense: 'past' });
  return finish({
    tokens: [
      ...subjectAndVerb(first, group),
      ...attach(head, 'iobj', second),
      ...attach(head, 'ccomp', ctx.chance(0.7) ? marked(inner, 'that') : inner),
    ],
    head,
  });
}

/** “Peter saw Anna before he …” */
function met(ctx: Context): Phrase {
  const [first, second] = couple(ctx);
  const tense: Tense = ctx.pick(['past', 'past', 'present']);
  const group = verbGroup(
    ctx,
    ctx.draw(meets),
    first.referent,
    setting(ctx, { tense, bare: true }),
  );
  const head = group.verb;
  const inner = marked(
    clauseAbout(ctx, [first, second], 0.55, { tense }),
    ctx.pick(['because', 'when', 'before', 'after', 'although', 'while', 'since', 'as']),
  );
  return finish({
    tokens: [
      ...subjectAndVerb(first, group),
      ...attach(head, 'obj', second),
      ...attach(head, 'advcl', inner),
    ],
    head,
  });
}

/** “The girl’s brother said she …”: the owner or the owned. */
function ofSomebody(ctx: Context): Phrase {
  const [owner] = couple(ctx);
  const of: NounClass = owner.referent.gender === 'masculine' ? 'female' : 'male';
  const subject = nounPhrase(ctx, of, { owner, plural: false, adjective: 0.1 });
  const group = verbGroup(
    ctx,
    ctx.draw(says),
    subject.referent,
    setting(ctx, { tense: 'past', bare: true }),
  );
  const head = group.verb;
  const inner = clauseAbout(ctx, [owner, subject], 0.5, { tense: 'past' });
  return finish({
    tokens: [
      ...subjectAndVerb(subject, group),
      ...attach(head, 'ccomp', ctx.chance(0.6) ? marked(inner, 'that') : inner),
    ],
    head,
  });
}

const handled = verbs(
  'clean wash repair paint sell:sold:sold buy:bought:bought find:found:found break:broke:broken',
);

/** “The farmer washed the horses and sold them.”: them, it and the plural beside a singular. */
function things(ctx: Context): Phrase {
  const subject = ctx.chance(0.5)
    ? person(ctx)
    : nounPhrase(ctx, ['male', 'female'], { plural: false });
  const plural = ctx.chance(0.5);
  const object = nounPhrase(ctx, ['thing', 'vehicle', 'tool'], { plural, determiner: 'the' });
  const tense: Tense = ctx.pick(['past', 'past', 'present']);
  const group = verbGroup(ctx, ctx.draw(handled), subject.referent, { tense });
  const head = group.verb;
  const event = ctx.chance(0.5);
  const options = { plural: !plural, determiner: 'the' } as const;
  const distractor = nounPhrase(ctx, event ? 'event' : 'place', options);
  const preposition = event ? ctx.pick(['before', 'after']) : ctx.pick(['near', 'behind', 'in']);
  const near = attach(head, 'obl', withCase(distractor, preposition));
  const again = verbGroup(ctx, ctx.draw(handled), subject.referent, { tense, adverb: undefined });
  const doer = attach(again.verb, 'nsubj', pronoun(ctx, subject.referent, 'subject'));
  const second = [
    ...doer,
    ...again.operator,
    ...again.rest,
    ...attach(again.verb, 'obj', pronoun(ctx, object.referent, 'object')),
    ...(ctx.chance(0.5) ? time(ctx, again.verb, tense) : []),
  ];
  const clause = marked(
    { tokens: second, head: again.verb },
    ctx.pick(['before', 'because', 'after', 'when']),
  );
  return finish({
    tokens: [
      ...subjectAndVerb(subject, group),
      ...attach(head, 'obj', object),
      ...near,
      ...attach(head, 'advcl', clause),
    ],
    head,
  });
}

/** “Anna’s car is new, but mine …”, “That book is hers.” */
function ownership(ctx: Context): Phrase {
  const owner = somebody(ctx, ctx.chance(0.5) ? 'masculine' : 'feminine');
  const group = verbGroup(
    ctx,
    ctx.draw(verbs('say:said:said know:knew:known insist claim believe')),
    owner.referent,
    { tense: 'past' },
  );
  const thing = nounPhrase(ctx, ['thing', 'vehicle', 'document', 'tool'], { plural: false });
  const own = pronoun(ctx, owner.referent, 'own');
  const be = verbGroup(ctx, 'be', thing.referent, { tense: 'past', negated: ctx.chance(0.2) });
  for (const token of [...be.operator, ...be.rest])
    if (token.head === be.verb) token.head = own.head;
  attach(own.head, 'cop', be.verb);
  const inner = {
    tokens: [...attach(own.head, 'nsubj', thing), ...be.operator, ...be.rest, own.head],
    head: own.head,
  };
  const head = group.verb;
  return finish({
    tokens: [
      ...attach(head, 'nsubj', owner),
      ...group.rest,
      ...attach(head, 'ccomp', ctx.chance(0.7) ? marked(inner, 'that') : inner),
    ],
    head,
  });
}

export const coreferent: readonly Template[] = [
  { name: 'told', weight: 7, make: told },
  { name: 'met', weight: 5, make: met },
  { name: 'of somebody', weight: 4, make: ofSomebody },
  { name: 'things', weight: 4, make: things },
  { name: 'ownership', weight: 2, make: ownership },
];
