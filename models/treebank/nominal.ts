import type { Nominal } from './pronouns';
import type { Context, Referent } from './context';
import { determiners } from './determiners';
import { adjectivesOf, order, ungraded, type AdjectiveClass } from './lexicon/adjectives';
import { compounds, type NounClass } from './lexicon/nouns';
import { adjectiveEntries, nounEntries, type Adjective, type NounEntry } from './lexicon';
import { pronounWord } from './pronouns';
import { attach, chunk, word, type Token } from './token';

export interface NounOptions {
  readonly plural?: boolean;
  readonly determiner?: 'the' | 'a' | 'any' | 'bare' | 'negative';
  /** Whose it is: a noun phrase (“the farmer’s”) or a referent named before (“her”). */
  readonly owner?: Nominal | Referent;
  /** Probability of an adjective. */
  readonly adjective?: number;
  /** False where the phrase speaks of nobody in particular: a predicate, an idiom. */
  readonly mention?: boolean;
  /** The noun itself, where the sentence needs a certain one. */
  readonly noun?: NounEntry;
}

const uncountable = new Set<NounClass>(['substance', 'quality', 'material']);
const genders: Readonly<Partial<Record<NounClass, Referent['gender']>>> = {
  male: 'masculine',
  female: 'feminine',
  person: 'person',
};

/** A noun phrase up to its noun: owner or determiner, adjectives, compound, noun. */
export function nounPhrase(
  ctx: Context,
  classes: NounClass | readonly NounClass[],
  options: NounOptions = {},
): Nominal {
  const noun =
    options.noun ??
    ctx.draw(nounEntries[typeof classes === 'string' ? classes : ctx.pick(classes)]);
  const mass = uncountable.has(noun.class);
  const plural = !mass && (options.plural ?? ctx.chance(0.25));
  const form = plural ? noun.plural : noun.lemma;
  const head = word(form, noun.lemma, 'NOUN', plural ? 'Number=Plur' : '_');
  const referent: Referent = { gender: genders[noun.class] ?? 'neuter', plural, person: 3 };
  const { before, first, specific } = opening(ctx, head, options, plural, mass);
  const core = [...first, ...premodifiers(ctx, noun, head, options.adjective ?? 0.3), head];
  chunk('NP', core);
  const tokens = [...before, ...core];
  if (specific && (options.mention ?? true)) ctx.mention(referent, tokens);
  return { tokens, head, referent, class: noun.class };
}

interface Opening {
  /** Words of the owner: a chunk of their own. */
  readonly before: readonly Token[];
  /** Words of the noun’s chunk. */
  readonly first: readonly Token[];
  readonly specific: boolean;
}

function opening(
  ctx: Context,
  head: Token,
  options: NounOptions,
  plural: boolean,
  mass: boolean,
): Opening {
  const owner = options.owner;
  if (owner === undefined) {
    const { words, specific } = determiners(ctx, options.determiner ?? 'any', plural, mass);
    const first = words.flatMap(([token, deprel]) => attach(head, deprel, token));
    for (const [token] of words) mentionOwner(ctx, token);
    return { before: [], first, specific };
  }
  if ('tokens' in owner) {
    const before = attach(head, 'nmod:poss', owner);
    return { before, first: attach(owner.head, 'case', genitive(owner)), specific: true };
  }
  const token = pronounWord(owner, 'possessive');
  ctx.mention(owner, [token]);
  return { before: [], first: attach(head, 'nmod:poss', token), specific: true };
}

function mentionOwner(ctx: Context, token: Token): void {
  if (!token.feats.includes('Poss=Yes')) return;
  const referent =
    token.lemma === 'my' ? ctx.speaker : token.lemma === 'our' ? ctx.speakers : ctx.addressee;
  ctx.mention(referent, [token]);
}

function genitive(owner: Nominal): Token {
  const last = owner.tokens.at(-1)?.form ?? '';
  const token = word(owner.referent.plural && last.endsWith('s') ? '’' : '’s', "'s", 'PART');
  token.glueBefore = true;
  return token;
}

function premodifiers(
  ctx: Context,
  noun: NounEntry,
  head: Token,
  probability: number,
): readonly Token[] {
  const out: Token[] = [];
  if (ctx.chance(probability)) {
    for (const of of adjectiveClasses(ctx, noun.class)) {
      out.push(...attributive(ctx, head, ctx.draw(adjectiveEntries[of])));
    }
  }
  const firsts = compounds.filter(each => each[1] === noun.lemma);
  if (firsts.length > 0 && ctx.chance(0.3)) {
    const first = ctx.pick(firsts)[0];
    out.push(...attach(head, 'compound', word(first, first, 'NOUN')));
  }
  return out;
}

/** One class of adjectives, sometimes two in the order in which they stand. */
function adjectiveClasses(ctx: Context, of: NounClass): readonly AdjectiveClass[] {
  const first = ctx.pick(adjectivesOf[of]);
  const second = ctx.pick(adjectivesOf[of]);
  if (second === first || !ctx.chance(0.15)) return [first];
  return [first, second].sort((a, b) => order.indexOf(a) - order.indexOf(b));
}

/** An adjective that goes with the class of nouns. */
export function adjectiveFor(ctx: Context, of: NounClass, graded = false): Adjective {
  const classes = adjectivesOf[of];
  const from: AdjectiveClass = ctx.pick(
    graded ? classes.filter(each => each !== 'nation') : classes,
  );
  const entries = adjectiveEntries[from].filter(each => !graded || !ungraded.has(each.lemma));
  return ctx.draw(entries);
}

/** Predicate-only adjectives sound wrong before a noun. */
const predicative = new Set(['glad', 'afraid', 'ill', 'alone', 'upset', 'sorry', 'fine']);

function attributive(ctx: Context, head: Token, adjective: Adjective): readonly Token[] {
  if (predicative.has(adjective.lemma)) return [];
  const token = adjectiveWord(adjective);
  const degree =
    ctx.chance(0.1) && !ungraded.has(adjective.lemma) && !/^[A-Z]/.test(adjective.lemma)
      ? attach(token, 'advmod', word('very', 'very', 'ADV'))
      : [];
  return [...degree, ...attach(head, 'amod', token)];
}

/** An adjective in its first degree. */
export function adjectiveWord(adjective: Adjective): Token {
  const token = word(adjective.lemma, adjective.lemma, 'ADJ');
  if (/^[A-Z]/.test(adjective.lemma)) token.entity = { type: 'MISC' };
  return token;
}

/** A preposition before a noun phrase; the noun stays the head. */
export function withCase(nominal: Nominal, preposition: string): Nominal {
  const token = word(preposition, preposition, 'ADP');
  chunk('PP', attach(nominal.head, 'case', token));
  return { tokens: [token, ...nominal.tokens], head: nominal.head, referent: nominal.referent };
}

/** Adds words after the noun phrase; they count to its mention. */
export function extend(nominal: Nominal, tokens: readonly Token[]): Nominal {
  nominal.tokens.push(...tokens);
  return nominal;
}
