import { transitiveVerb } from './frames';
import { adjuncts, adverb } from './adjuncts';
import { someone, something, where } from './arguments';
import type { Context } from './context';
import { list, verbs } from './lexicon';
import { modals } from './lexicon/closed';
import type { NounClass } from './lexicon/nouns';
import { thingVerbs } from './lexicon/verbs';
import { adjectiveFor, adjectiveWord, nounPhrase, withCase } from './nominal';
import type { Nominal } from './pronouns';
import { predicate, type Kind } from './predicate';
import { pronoun } from './pronouns';
import { attach, chunk, word, type Phrase, type Token } from './token';
import { copulaOf, verbGroup, type Tense, type VerbGroup, type VerbSetting } from './verbGroup';

export interface ClauseOptions {
  readonly subject?: Nominal;
  readonly tense?: Tense;
  readonly kinds?: readonly Kind[];
  readonly inverted?: boolean;
  readonly negated?: boolean;
  /** No adverbs and adjuncts. */
  readonly bare?: boolean;
}

/** A finite clause without its full stop. */
export interface Clause extends Phrase {
  readonly subject: Nominal;
  readonly tense: Tense;
}

export const anyTense = (ctx: Context): Tense =>
  ctx.pick(['past', 'past', 'past', 'present', 'present', 'future'] as const);

const parsedThings = verbs(thingVerbs);

/** How the verb of a clause stands, drawn at random within what is asked for. */
export function setting(
  ctx: Context,
  options: ClauseOptions,
): VerbSetting & { readonly inverted: boolean } {
  const tense = options.tense ?? anyTense(ctx);
  const modal = tense === 'present' && ctx.chance(0.3) ? ctx.pick(list(modals)) : undefined;
  const aspect = ctx.integer(0, 99);
  const negated = options.negated ?? ctx.chance(0.12);
  const adverbWord =
    options.bare !== true && !negated && ctx.chance(0.13) ? adverb(ctx, 'frequency') : undefined;
  return {
    tense,
    ...(modal === undefined ? {} : { modal }),
    perfect: aspect < 12 && tense !== 'future',
    progressive: aspect >= 12 && aspect < 26,
    negated,
    inverted: options.inverted ?? false,
    adverb: adverbWord,
  };
}

/** Subject before or after the first auxiliary. */
export function arranged(
  subject: readonly Token[],
  group: VerbGroup,
  inverted: boolean,
): readonly Token[] {
  return inverted
    ? [...group.operator, ...subject, ...group.rest]
    : [...subject, ...group.operator, ...group.rest];
}

/** A subject and its verb with auxiliaries, in the order of a statement. */
export function subjectAndVerb(subject: Nominal, group: VerbGroup): readonly Token[] {
  return arranged(attach(group.verb, 'nsubj', subject), group, false);
}

/** Somebody does something. */
export function active(ctx: Context, options: ClauseOptions = {}): Clause {
  const subject = options.subject ?? someone(ctx, 'subject');
  const chosen = predicate(ctx, subject, options.kinds);
  const set = setting(ctx, options);
  const group = verbGroup(ctx, chosen.verb, subject.referent, set);
  contract(ctx, subject, group, set.inverted);
  const head = group.verb;
  const tokens = [
    ...arranged(attach(head, 'nsubj', subject), group, set.inverted),
    ...chosen.complements(head),
    ...(options.bare === true || chosen.still === true ? [] : adjuncts(ctx, head, set.tense)),
  ];
  return { tokens, head, subject, tense: set.tense };
}

/** Something is done, often by somebody. */
export function passive(ctx: Context, options: ClauseOptions = {}): Clause {
  const { verb, of } = transitiveVerb(ctx);
  const subject = options.subject ?? something(ctx, of);
  const set = setting(ctx, options);
  const quiet = {
    ...set,
    passive: true,
    progressive:
      set.progressive === true && !set.perfect && set.tense !== 'future' && set.modal === undefined,
  };
  const group = verbGroup(ctx, verb, subject.referent, quiet);
  const head = group.verb;
  const agent = ctx.chance(0.5)
    ? attach(head, 'obl:agent', withCase(someone(ctx, 'object'), 'by'))
    : [];
  const tokens = [
    ...arranged(attach(head, 'nsubj:pass', subject), group, set.inverted),
    ...agent,
    ...(options.bare === true || agent.length > 4 ? [] : adjuncts(ctx, head, set.tense)),
  ];
  return { tokens, head, subject, tense: set.tense };
}

/** A thing does something by itself. */
export function thingActs(ctx: Context, options: ClauseOptions = {}): Clause {
  const subject =
    options.subject ?? something(ctx, ctx.pick(['thing', 'vehicle', 'part'] as const));
  const set = setting(ctx, options);
  const group = verbGroup(ctx, ctx.draw(parsedThings), subject.referent, set);
  const head = group.verb;
  const tokens = [
    ...arranged(attach(head, 'nsubj', subject), group, set.inverted),
    ...adjuncts(ctx, head, set.tense),
  ];
  return { tokens, head, subject, tense: set.tense };
}

const described: readonly NounClass[] = [
  'thing', 'document', 'place', 'event', 'abstract', 'food', 'animal', 'vehicle', 'part', 'plant',
]; // prettier-ignore

/** Somebody or something is so, is such a one, or is somewhere. */
export function copular(ctx: Context, options: ClauseOptions = {}): Clause {
  const personal =
    options.subject === undefined ? ctx.chance(0.5) : options.subject.referent.gender !== 'neuter';
  const of: NounClass = personal ? 'person' : ctx.pick(described);
  const subject =
    options.subject ?? (personal ? someone(ctx, 'subject') : something(ctx, of, undefined, {}));
  const phrase = complement(ctx, subject, subject.class ?? of);
  const set = { ...setting(ctx, options), progressive: false };
  const group = verbGroup(ctx, 'be', subject.referent, set);
  copulaOf(group, phrase.head);
  contract(ctx, subject, group, set.inverted);
  const tokens = [
    ...arranged(attach(phrase.head, 'nsubj', subject), group, set.inverted),
    ...phrase.tokens,
  ];
  return { tokens, head: phrase.head, subject, tense: set.tense };
}

function complement(ctx: Context, subject: Nominal, of: NounClass): Phrase {
  const at = ctx.integer(0, 9);
  const neuter = subject.referent.gender === 'neuter';
  const person = of === 'person';
  const placeless =
    of === 'abstract' || of === 'event' || (neuter && subject.head.upos === 'PROPN');
  if (at < 5 || (at >= 8 && placeless) || (at < 8 && !person)) return degreeAdjective(ctx, of);
  if (at < 8 && subject.referent.person === 3) {
    const options = { plural: subject.referent.plural, mention: false } as const;
    const classes = neuter ? (subject.class ?? 'group') : 'person';
    const determiner = subject.referent.plural ? 'bare' : 'a';
    return nounPhrase(ctx, classes, { ...options, determiner });
  }
  return where(ctx);
}

/** “tired”, “very old”. */
export function degreeAdjective(ctx: Context, of: NounClass): Phrase {
  const head = adjectiveWord(adjectiveFor(ctx, of, true));
  const degree = ctx.chance(0.3) ? attach(head, 'advmod', adverb(ctx, 'degree')) : [];
  return { tokens: chunk('ADJP', [...degree, head]), head };
}

const short = new Map(
  Object.entries({
    am: '’m',
    are: '’re',
    is: '’s',
    will: '’ll',
    has: '’s',
    have: '’ve',
    had: '’d',
    would: '’d',
  }),
);

/** “she’ll”, “I’m”: after a personal pronoun, sometimes. */
function contract(ctx: Context, subject: Nominal, group: VerbGroup, inverted: boolean): void {
  const first = group.operator[0] ?? group.rest[0];
  const form = first === undefined ? undefined : short.get(first.form);
  const last = subject.tokens.at(-1);
  const personal = subject.head.feats.includes('Person=') && subject.tokens.length === 1;
  if (inverted || form === undefined || first === undefined || last === undefined) return;
  if (!personal || first.upos !== 'AUX' || first.joined === true || !ctx.chance(0.35)) return;
  first.form = form;
  last.joined = true;
}

/** A clause of any of these kinds. */
export function anyClause(ctx: Context, options: ClauseOptions = {}): Clause {
  const at = ctx.integer(0, 99);
  if (at < 66) return active(ctx, options);
  if (at < 80) return copular(ctx, options);
  if (at < 93) return passive(ctx, options);
  return thingActs(ctx, options);
}

/** A clause about a referent that was named before. */
export function about(ctx: Context, nominal: Nominal, options: ClauseOptions = {}): Clause {
  const subject = pronoun(ctx, nominal.referent, 'subject');
  return nominal.referent.gender === 'neuter'
    ? copular(ctx, { ...options, subject })
    : active(ctx, { ...options, subject });
}

/** A subordinating word before a clause. */
export function marked(clause: Phrase, form: string): Phrase {
  const token = word(form, form, 'SCONJ');
  chunk('SBAR', attach(clause.head, 'mark', token));
  return { tokens: [token, ...clause.tokens], head: clause.head };
}
