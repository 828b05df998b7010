import type { Context, Referent } from './context';
import { chunk, word, type Token } from './token';
import { type NounClass } from './lexicon/nouns';

/** A noun phrase, a name or a pronoun. Its words are also those of its mention: both grow together. */
export interface Nominal {
  readonly tokens: Token[];
  readonly head: Token;
  readonly referent: Referent;
  /** What its noun is; absent for names and pronouns. */
  readonly class?: NounClass;
}

export type Case = 'subject' | 'object' | 'possessive' | 'reflexive' | 'own';

/** [subject, object, possessive, reflexive, possessive alone] of each person. */
const forms: Readonly<Record<string, readonly [string, string, string, string, string]>> = {
  '1s': ['I', 'me', 'my', 'myself', 'mine'],
  '2s': ['you', 'you', 'your', 'yourself', 'yours'],
  '1p': ['we', 'us', 'our', 'ourselves', 'ours'],
  '2p': ['you', 'you', 'your', 'yourselves', 'yours'],
  '3p': ['they', 'them', 'their', 'themselves', 'theirs'],
  masculine: ['he', 'him', 'his', 'himself', 'his'],
  feminine: ['she', 'her', 'her', 'herself', 'hers'],
  neuter: ['it', 'it', 'its', 'itself', 'its'],
};

function keyOf(referent: Referent): string {
  if (referent.person < 3) return `${referent.person}${referent.plural ? 'p' : 's'}`;
  if (referent.plural || referent.gender === 'person') return '3p';
  return referent.gender;
}

const position = { subject: 0, object: 1, possessive: 2, reflexive: 3, own: 4 } as const;

function featsOf(referent: Referent, kind: Case): string {
  const gender = { masculine: 'Masc', feminine: 'Fem', neuter: 'Neut', person: '' }[
    referent.gender
  ];
  return [
    kind === 'subject' ? 'Case=Nom' : kind === 'object' ? 'Case=Acc' : '',
    gender && !referent.plural ? `Gender=${gender}` : '',
    `Number=${referent.plural ? 'Plur' : 'Sing'}`,
    `Person=${referent.person}`,
    kind === 'possessive' || kind === 'own' ? 'Poss=Yes' : '',
    kind === 'reflexive' ? 'Reflex=Yes' : '',
  ]
    .filter(Boolean)
    .join('|');
}

/** The word for a referent that was named already. */
export function pronounWord(referent: Referent, kind: Case): Token {
  const row = forms[keyOf(referent)];
  if (row === undefined) throw new Error('no such pronoun');
  const lemma = kind === 'object' ? row[0] : row[position[kind]];
  return word(row[position[kind]], lemma, 'PRON', featsOf(referent, kind));
}

/** A pronoun as a noun phrase. */
export function pronoun(ctx: Context, referent: Referent, kind: Case): Nominal {
  const head = pronounWord(referent, kind);
  const tokens = [head];
  chunk('NP', tokens);
  ctx.mention(referent, tokens);
  return { tokens, head, referent };
}

/** I, we or you. */
export function speaker(ctx: Context, kind: Case = 'subject'): Nominal {
  return pronoun(ctx, ctx.pick([ctx.speaker, ctx.speaker, ctx.speakers, ctx.addressee]), kind);
}

const indefinites = {
  person: ['someone', 'everyone', 'nobody', 'somebody', 'everybody', 'anyone'],
  thing: ['something', 'everything', 'nothing', 'anything'],
};

/** Somebody, nothing: speaks of nobody in particular, so it is no mention. */
export function indefinite(
  ctx: Context,
  kind: 'person' | 'thing',
  polarity: 'plain' | 'any' = 'plain',
): Nominal {
  const form = ctx.pick(
    indefinites[kind].filter(each => each.startsWith('any') === (polarity === 'any')),
  );
  const head = word(form, form, 'PRON');
  const tokens = [head];
  chunk('NP', tokens);
  const gender = kind === 'person' ? 'person' : 'neuter';
  return { tokens, head, referent: { gender, plural: false, person: 3 } };
}

/** This, that, these or those alone. */
export function demonstrative(ctx: Context, plural = ctx.chance(0.25)): Nominal {
  const lemma = ctx.pick(['this', 'that', 'that']);
  const form = plural ? (lemma === 'this' ? 'these' : 'those') : lemma;
  const head = word(form, lemma, 'PRON', `Number=${plural ? 'Plur' : 'Sing'}`);
  const tokens = [head];
  chunk('NP', tokens);
  const referent: Referent = { gender: 'neuter', plural, person: 3 };
  ctx.mention(referent, tokens);
  return { tokens, head, referent };
}
