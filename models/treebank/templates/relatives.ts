import { someone } from '../arguments';
import { active, copular, passive, setting, subjectAndVerb } from '../clause';
import type { Context } from '../context';
import { organisation, person, place } from '../entities';
import { verbs } from '../lexicon';
import type { NounClass } from '../lexicon/nouns';
import { extend, nounPhrase } from '../nominal';
import type { Nominal } from '../pronouns';
import {
  apart,
  objectRelative,
  possessiveRelative,
  reducedActive,
  reducedPassive,
  strandedRelative,
  subjectRelative,
} from '../relative';
import { attach, leaf, type Phrase, punctuation, word } from '../token';
import { verbGroup } from '../verbGroup';
import { finish, type Template } from './template';

const classes: readonly NounClass[] = [
  'thing',
  'document',
  'food',
  'place',
  'person',
  'abstract',
  'vehicle',
  'animal',
  'part',
  'plant',
  'event',
];

/** A noun phrase with a clause of its own, whichever fits its class. */
function clausalNominal(ctx: Context): Nominal {
  const of = ctx.pick(classes);
  if (ctx.chance(0.12))
    return strandedRelative(ctx, ctx.pick(['person', 'abstract', 'event', 'document']));
  const nominal = nounPhrase(ctx, of, {
    determiner: ctx.chance(0.75) ? 'the' : 'a',
    adjective: 0.2,
  });
  const at = ctx.integer(0, 9);
  if (of === 'person')
    return at < 6
      ? subjectRelative(ctx, nominal)
      : at < 8
        ? reducedActive(ctx, nominal)
        : objectRelative(ctx, nominal, of);
  if (at < 2) return subjectRelative(ctx, nominal);
  return at < 6 ? objectRelative(ctx, nominal, of) : reducedPassive(ctx, nominal, of);
}

/** A relative clause in the subject or in the object. */
function withRelative(ctx: Context): Phrase {
  const nominal = clausalNominal(ctx);
  if (ctx.chance(0.45)) {
    if (nominal.referent.gender === 'neuter')
      return finish(
        ctx.chance(0.7)
          ? copular(ctx, { subject: nominal })
          : passive(ctx, { subject: nominal, bare: true }),
      );
    return finish(active(ctx, { subject: nominal }));
  }
  const subject = someone(ctx, 'subject', false);
  const verb = ctx.draw(
    verbs(
      'see:saw:seen find:found:found like remember forget:forgot:forgotten know:knew:known describe mention notice love need',
    ),
  );
  const group = verbGroup(ctx, verb, subject.referent, setting(ctx, {}));
  const head = group.verb;
  return finish({
    tokens: [...subjectAndVerb(subject, group), ...attach(head, 'obj', nominal)],
    head,
  });
}

/** “Maria, whose brother lives here, …” */
function withWhose(ctx: Context): Phrase {
  const nominal = ctx.chance(0.5)
    ? person(ctx)
    : nounPhrase(ctx, ['male', 'female', 'person'], { determiner: 'the', plural: false });
  const from = nominal.tokens.length;
  possessiveRelative(ctx, nominal);
  const verb = nominal.tokens.find(
    each => each.head === nominal.head && each.deprel === 'acl:relcl',
  );
  const subject = verb === undefined ? nominal : apart(nominal, verb, from);
  return finish(active(ctx, { subject, bare: true }));
}

/** “Anna Weber, the mayor of Lisbon, …” */
function apposition(ctx: Context): Phrase {
  const named = ctx.chance(0.65) ? person(ctx) : organisation(ctx);
  const human = named.referent.gender !== 'neuter';
  const other = nounPhrase(ctx, human ? 'person' : 'group', {
    determiner: 'the',
    plural: false,
    adjective: 0.3,
    mention: false,
  });
  const where = ctx.chance(0.5) ? place(ctx, 'city') : organisation(ctx);
  const of = leaf(where.head, 'case', word('of', 'of', 'ADP'), 'PP');
  extend(other, attach(other.head, 'nmod', { tokens: [...of, ...where.tokens], head: where.head }));
  ctx.mention(named.referent, other.tokens);
  const comma = () => punctuation(other.head, ',');
  const words = attach(named.head, 'appos', other);
  extend(named, [...comma(), ...words, ...comma()]);
  return finish(human ? active(ctx, { subject: named, bare: true }) : passiveOrActive(ctx, named));
}

const passiveOrActive = (ctx: Context, subject: Nominal) =>
  active(ctx, { subject, bare: true, kinds: ['transitive', 'control'] });

export const relatives: readonly Template[] = [
  { name: 'relative', weight: 15, make: withRelative },
  { name: 'whose', weight: 6, only: 'test', make: withWhose },
  { name: 'apposition', weight: 4, make: apposition },
];
