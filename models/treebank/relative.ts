import { transitiveVerb } from './frames';
import { someone } from './arguments';
import { arranged, setting, degreeAdjective } from './clause';
import type { Context } from './context';
import type { NounClass } from './lexicon/nouns';
import { prepositional } from './lexicon/verbs';
import { verbs } from './lexicon';
import { extend, nounPhrase } from './nominal';
import type { Nominal } from './pronouns';
import { predicate, simpleKinds, verbPhrase } from './predicate';
import { attach, chunk, leaf, punctuation, word, type Token } from './token';
import { copulaOf, nonFinite, verbGroup } from './verbGroup';
import { withCase } from './nominal';
import { time } from './adjuncts';

/** A relative pronoun speaks of the noun before it, but is no mention of its own. */
function relativePronoun(nominal: Nominal, object: boolean, that: boolean): Token {
  const form = that
    ? 'that'
    : nominal.referent.gender === 'neuter'
      ? 'which'
      : object
        ? 'whom'
        : 'who';
  const token = word(form, form === 'whom' ? 'who' : form, 'PRON', 'PronType=Rel');
  chunk('NP', [token]);
  return token;
}

const personal = (nominal: Nominal) => nominal.referent.gender !== 'neuter';

/** “who sold the house”: the noun is the subject of the clause. */
export function subjectRelative(ctx: Context, nominal: Nominal): Nominal {
  const pronoun = relativePronoun(nominal, false, ctx.chance(0.4));
  const set = setting(ctx, { bare: true });
  if (!personal(nominal)) return copularRelative(ctx, nominal, pronoun);
  const chosen = predicate(ctx, nominal, simpleKinds);
  const group = verbGroup(ctx, chosen.verb, nominal.referent, set);
  const head = group.verb;
  const clause = [
    ...arranged(attach(head, 'nsubj', pronoun), group, false),
    ...chosen.complements(head),
  ];
  return relative(nominal, head, clause);
}

function copularRelative(ctx: Context, nominal: Nominal, pronoun: Token): Nominal {
  const adjective = degreeAdjective(ctx, nominal.class ?? 'abstract');
  const group = verbGroup(ctx, 'be', nominal.referent, { tense: ctx.pick(['past', 'present']) });
  copulaOf(group, adjective.head);
  const clause = [
    ...arranged(attach(adjective.head, 'nsubj', pronoun), group, false),
    ...adjective.tokens,
  ];
  return relative(nominal, adjective.head, clause);
}

/** “that Maria bought”, “the girl found”: the noun is the object of the clause. */
export function objectRelative(ctx: Context, nominal: Nominal, of: NounClass): Nominal {
  const { verb } = transitiveVerb(ctx, of);
  const subject = someone(ctx, 'subject', false);
  const group = verbGroup(ctx, verb, subject.referent, {
    ...setting(ctx, { bare: true, tense: ctx.pick(['past', 'past', 'present']) }),
    negated: false,
  });
  const head = group.verb;
  const pronoun = ctx.chance(0.6)
    ? attach(head, 'obj', relativePronoun(nominal, true, ctx.chance(0.65)))
    : [];
  const clause = [...pronoun, ...arranged(attach(head, 'nsubj', subject), group, false)];
  return relative(nominal, head, clause);
}

const withPrepositions = prepositional.map(row => ({ row, verb: verbs(row[0])[0] }));

/** “that the boy waited for”: the preposition stays behind at the verb. */
export function strandedRelative(ctx: Context, of: NounClass): Nominal {
  const fitting = withPrepositions.filter(each => each.row[2].includes(of));
  const { row, verb } = ctx.pick(fitting);
  if (verb === undefined) throw new Error('a frame without a verb');
  const nominal = nounPhrase(ctx, of, { determiner: 'the' });
  const subject = someone(ctx, 'subject', false);
  const group = verbGroup(ctx, verb, subject.referent, { tense: ctx.pick(['past', 'present']) });
  const head = group.verb;
  const preposition = word(row[1], row[1], 'ADP');
  const before: Token[] = [];
  if (ctx.chance(0.6)) {
    const pronoun = relativePronoun(nominal, true, ctx.chance(0.7));
    before.push(...attach(head, 'obl', pronoun));
    chunk('PP', attach(pronoun, 'case', preposition));
  } else {
    chunk('PP', attach(head, 'obl', preposition));
  }
  const clause = [
    ...before,
    ...arranged(attach(head, 'nsubj', subject), group, false),
    preposition,
  ];
  return relative(nominal, head, clause);
}

/** “whose brother lives here”. */
export function possessiveRelative(ctx: Context, nominal: Nominal): Nominal {
  const owned = nounPhrase(ctx, ['male', 'female', 'person'], {
    determiner: 'bare',
    plural: false,
    adjective: 0.1,
  });
  const whose = word('whose', 'whose', 'PRON', 'Poss=Yes|PronType=Rel');
  const subject = [...attach(owned.head, 'nmod:poss', whose), ...owned.tokens];
  if (owned.head.chunk !== undefined) whose.chunk = owned.head.chunk;
  const chosen = predicate(ctx, owned, simpleKinds);
  const group = verbGroup(ctx, chosen.verb, owned.referent, {
    tense: ctx.pick(['past', 'present']),
  });
  const head = group.verb;
  attach(head, 'nsubj', owned.head);
  return relative(nominal, head, [...arranged(subject, group, false), ...chosen.complements(head)]);
}

function relative(nominal: Nominal, head: Token, clause: readonly Token[]): Nominal {
  attach(nominal.head, 'acl:relcl', head);
  return extend(nominal, clause);
}

/** Commas around what was added last. */
export function apart(nominal: Nominal, head: Token, from: number): Nominal {
  const added = nominal.tokens.splice(from);
  return extend(nominal, [...punctuation(head, ','), ...added, ...punctuation(head, ',')]);
}

/** “written by Anna”, “sold last week”: a participle after its noun. */
export function reducedPassive(ctx: Context, nominal: Nominal, of: NounClass): Nominal {
  const { verb } = transitiveVerb(ctx, of);
  const head = nonFinite(verb, 'participle');
  chunk('VP', attach(nominal.head, 'acl', head));
  const rest = ctx.chance(0.6)
    ? attach(head, 'obl:agent', withCase(someone(ctx, 'object', false), 'by'))
    : time(ctx, head, 'past');
  return extend(nominal, [head, ...rest]);
}

/** “waiting at the station”. */
export function reducedActive(ctx: Context, nominal: Nominal): Nominal {
  const kinds = ['transitive', 'prepositional', 'motion'] as const;
  const phrase = verbPhrase(ctx, nominal, 'ing', kinds);
  return extend(nominal, attach(nominal.head, 'acl', phrase));
}

/** “a chance to leave the city”. */
export function toClause(ctx: Context, nominal: Nominal, subject: Nominal): Nominal {
  const phrase = verbPhrase(ctx, subject, 'base');
  const to = word('to', 'to', 'PART');
  const before = leaf(phrase.head, 'mark', to);
  if (phrase.head.chunk !== undefined) to.chunk = phrase.head.chunk;
  attach(nominal.head, 'acl', phrase.head);
  return extend(nominal, [...before, ...phrase.tokens]);
}
