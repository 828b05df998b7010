import { manner } from './adjuncts';
import { something } from './arguments';
import type { Context } from './context';
import { parsed, particle, phrasal, prepositional, tools, transitiveVerb } from './frames';
import { list, type Verb } from './lexicon';
import { pathPrepositions } from './lexicon/closed';
import { adjectiveFor, adjectiveWord, nounPhrase, withCase } from './nominal';
import type { Nominal } from './pronouns';
import { pronoun } from './pronouns';
import { attach, chunk, leaf, type Token, word } from './token';
import { nonFinite } from './verbGroup';

/** A verb with the words that follow it, built once the verb’s own word is there. */
export interface Predicate {
  readonly verb: Verb;
  readonly complements: (verb: Token) => readonly Token[];
  /** How it is done cannot be said: “remained calm quickly”. */
  readonly still?: boolean;
}

export type Kind =
  | 'intransitive'
  | 'motion'
  | 'transitive'
  | 'ditransitive'
  | 'prepositional'
  | 'phrasal'
  | 'particle'
  | 'linking'
  | 'control'
  | 'participle'
  | 'tool';

const kinds: readonly (readonly [Kind, number])[] = [
  ['intransitive', 10],
  ['motion', 10],
  ['transitive', 34],
  ['ditransitive', 8],
  ['prepositional', 12],
  ['phrasal', 9],
  ['particle', 4],
  ['linking', 5],
  ['control', 7],
  ['participle', 3],
  ['tool', 4],
];

/** What a bank or a council does. */
const institutional = new Set<Kind>(['transitive', 'ditransitive', 'phrasal', 'control']);

/** Kinds without another verb inside. */
export const simpleKinds: readonly Kind[] = kinds
  .map(each => each[0])
  .filter(kind => kind !== 'control' && kind !== 'participle');

/** What somebody does: a verb of one of the kinds with its complements. */
export function predicate(
  ctx: Context,
  subject: Nominal,
  among: readonly Kind[] = kinds.map(each => each[0]),
): Predicate {
  const institution = subject.referent.gender === 'neuter';
  const asked = kinds.filter(each => among.includes(each[0]));
  const fitting = asked.filter(each => !institution || institutional.has(each[0]));
  const [kind] = ctx.weighted(fitting.length > 0 ? fitting : asked, each => each[1]);
  switch (kind) {
    case 'intransitive':
      return plain(ctx.draw(parsed.intransitive));
    case 'motion':
      return { verb: ctx.draw(parsed.motion), complements: head => attach(head, 'obl', way(ctx)) };
    case 'transitive':
      return transitive(ctx, subject);
    case 'ditransitive':
      return ditransitive(ctx, subject);
    case 'prepositional':
      return withPreposition(ctx, subject);
    case 'phrasal':
      return withParticle(ctx, subject);
    case 'particle':
      return particleOnly(ctx);
    case 'linking':
      return {
        verb: ctx.draw(parsed.linking),
        complements: head => complementAdjective(ctx, head),
        still: true,
      };
    case 'control':
      return infinitive(ctx, subject);
    case 'participle':
      return gerund(ctx, subject);
    case 'tool':
      return withTool(ctx);
  }
}

const plain = (verb: Verb): Predicate => ({ verb, complements: () => [] });

function transitive(ctx: Context, subject: Nominal): Predicate {
  const { verb, of } = transitiveVerb(ctx);
  return {
    verb,
    complements: head => {
      const reflexive = of === 'person' && ctx.chance(0.1) && subject.referent.gender !== 'neuter';
      const object = reflexive
        ? pronoun(ctx, subject.referent, 'reflexive')
        : something(ctx, of, subject);
      return attach(head, 'obj', object);
    },
  };
}

function ditransitive(ctx: Context, subject: Nominal): Predicate {
  const verb = ctx.draw(parsed.ditransitive);
  return {
    verb,
    complements: head => {
      const things = ['thing', 'document', 'tool', 'food'] as const;
      const receiver = something(ctx, 'person');
      const gift = something(ctx, ctx.pick(things), subject);
      return ctx.chance(0.5)
        ? [...attach(head, 'iobj', receiver), ...attach(head, 'obj', gift)]
        : [...attach(head, 'obj', gift), ...attach(head, 'obl', withCase(receiver, 'to'))];
    },
  };
}

function withPreposition(ctx: Context, subject: Nominal): Predicate {
  const verb = ctx.draw(prepositional);
  const [, preposition, classes] = verb.row;
  return {
    verb,
    complements: head =>
      attach(head, 'obl', withCase(something(ctx, ctx.pick(classes), subject), preposition)),
  };
}

/** “picked up the parcel”, “picked the parcel up”: a pronoun goes before the particle. */
function withParticle(ctx: Context, subject: Nominal): Predicate {
  const verb = ctx.draw(phrasal);
  const [, form, classes] = verb.row;
  return {
    verb,
    complements: head => {
      const object = something(ctx, ctx.pick(classes), subject);
      const short = object.tokens.length < 4;
      const first = object.head.upos === 'PRON' || (short && ctx.chance(0.5));
      const particleWord = leaf(head, 'compound:prt', word(form, form, 'ADP'), 'PRT');
      const words = attach(head, 'obj', object);
      return first ? [...words, ...particleWord] : [...particleWord, ...words];
    },
  };
}

function particleOnly(ctx: Context): Predicate {
  const verb = ctx.draw(particle);
  const form = verb.row[1];
  return { verb, complements: head => leaf(head, 'compound:prt', word(form, form, 'ADP'), 'PRT') };
}

/** “cut the bread with a knife”: the phrase belongs to the verb. */
function withTool(ctx: Context): Predicate {
  const verb = ctx.draw(tools);
  const [, tool, classes] = verb.row;
  return {
    verb,
    complements: head => {
      const object = nounPhrase(ctx, ctx.pick(classes), { determiner: 'the' });
      const instrument = word(tool, tool, 'NOUN');
      const article = word('a', 'a', 'DET', 'Definite=Ind');
      const tokens = [...attach(instrument, 'det', article), instrument];
      chunk('NP', tokens);
      ctx.mention({ gender: 'neuter', plural: false, person: 3 }, tokens);
      const preposition = leaf(instrument, 'case', word('with', 'with', 'ADP'), 'PP');
      attach(head, 'obl', instrument);
      return [...attach(head, 'obj', object), ...preposition, ...tokens];
    },
  };
}

/** An adjective after a linking verb. */
export function complementAdjective(ctx: Context, head: Token): readonly Token[] {
  const adjective = adjectiveWord(adjectiveFor(ctx, 'person', true));
  return chunk('ADJP', attach(head, 'xcomp', adjective));
}

/** A direction: “to the station”, “along the river”. */
export function way(ctx: Context): Nominal {
  const goal = something(ctx, ctx.chance(0.9) ? 'place' : 'plant', undefined, { plural: false });
  return withCase(
    goal,
    goal.head.upos === 'PROPN'
      ? ctx.pick(['to', 'through', 'towards', 'around'])
      : ctx.pick(list(pathPrepositions)),
  );
}

function infinitive(ctx: Context, subject: Nominal): Predicate {
  const verb = ctx.draw(parsed.control);
  return {
    verb,
    complements: head => attach(head, 'xcomp', toInfinitive(ctx, subject, head)),
  };
}

/** “to” and a verb phrase of the subject; joins the chunk of the verb before. */
export function toInfinitive(
  ctx: Context,
  subject: Nominal,
  after?: Token,
): { tokens: readonly Token[]; head: Token } {
  const phrase = verbPhrase(ctx, subject, 'base');
  const to = word('to', 'to', 'PART');
  attach(phrase.head, 'mark', to);
  const span = after?.chunk ?? { type: 'VP' };
  to.chunk = span;
  phrase.head.chunk = span;
  return { tokens: [to, ...phrase.tokens], head: phrase.head };
}

function gerund(ctx: Context, subject: Nominal): Predicate {
  const verb = ctx.draw(parsed.participle);
  return {
    verb,
    complements: head => {
      const phrase = verbPhrase(ctx, subject, 'ing');
      if (head.chunk !== undefined) phrase.head.chunk = head.chunk;
      return attach(head, 'xcomp', phrase);
    },
  };
}

/** A verb phrase without a finite verb: bare infinitive or participle with its complements. */
export function verbPhrase(
  ctx: Context,
  subject: Nominal,
  form: 'base' | 'ing',
  among: readonly Kind[] = simpleKinds,
): { tokens: readonly Token[]; head: Token } {
  const chosen = predicate(ctx, subject, among);
  const head = nonFinite(chosen.verb, form);
  chunk('VP', [head]);
  const tokens = [head, ...chosen.complements(head)];
  if (chosen.still !== true && ctx.chance(0.15)) tokens.push(...manner(ctx, head));
  return { tokens, head };
}
