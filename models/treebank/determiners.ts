import type { Context } from './context';
import { pronounWord } from './pronouns';
import { numeral } from './numbers';
import { word, type Token } from './token';

/** Determiners of a noun phrase with their relations to the noun. */
export interface Determiners {
  readonly words: readonly (readonly [Token, string])[];
  /** Whether the phrase speaks of somebody or something in particular. */
  readonly specific: boolean;
}

const definite = () => word('the', 'the', 'DET', 'Definite=Def');
/** “an” where the next word asks for it: decided when the sentence is written. */
export const indefiniteArticle = () => word('a', 'a', 'DET', 'Definite=Ind');
const some = () => word('some', 'some', 'DET');

function demonstrative(ctx: Context, plural: boolean): Token {
  const near = ctx.chance(0.35);
  const lemma = near ? 'this' : 'that';
  const form = plural ? (near ? 'these' : 'those') : lemma;
  return word(form, lemma, 'DET', `Number=${plural ? 'Plur' : 'Sing'}`);
}

const one = (token: Token, specific = true, deprel = 'det'): Determiners => ({
  words: [[token, deprel]],
  specific,
});

/** What stands before a noun: article, demonstrative, quantifier, number or a possessive of the speakers. */
export function determiners(
  ctx: Context,
  kind: 'the' | 'a' | 'any' | 'bare' | 'negative',
  plural: boolean,
  mass: boolean,
): Determiners {
  switch (kind) {
    case 'bare':
      return { words: [], specific: plural || mass };
    case 'the':
      return one(definite());
    case 'negative':
      return one(word('no', 'no', 'DET'), false);
    case 'a':
      return mass ? one(some()) : plural ? many(ctx) : one(indefiniteArticle());
    case 'any':
      return mass ? ofMass(ctx) : plural ? ofPlural(ctx) : ofSingular(ctx);
  }
}

function ofSingular(ctx: Context): Determiners {
  const at = ctx.integer(0, 99);
  if (at < 42) return one(definite());
  if (at < 66) return one(indefiniteArticle());
  if (at < 78) return one(demonstrative(ctx, false));
  if (at < 88) return one(ofSpeakers(ctx), true, 'nmod:poss');
  if (at < 94) return one(word('every', 'every', 'DET'), false);
  if (at < 97) return one(word('another', 'another', 'DET'));
  return one(word('each', 'each', 'DET'), false);
}

function ofPlural(ctx: Context): Determiners {
  const at = ctx.integer(0, 99);
  if (at < 38) return one(definite());
  if (at < 50) return one(demonstrative(ctx, true));
  if (at < 60) return one(ofSpeakers(ctx), true, 'nmod:poss');
  if (at < 68) {
    const all = word('all', 'all', 'DET');
    return {
      words: [
        [all, 'det:predet'],
        [definite(), 'det'],
      ],
      specific: true,
    };
  }
  return many(ctx);
}

function ofMass(ctx: Context): Determiners {
  const at = ctx.integer(0, 99);
  if (at < 40) return one(definite());
  if (at < 55) return one(some());
  if (at < 65) return one(ofSpeakers(ctx), true, 'nmod:poss');
  if (at < 72) return one(demonstrative(ctx, false));
  if (at < 78) return one(word('much', 'much', 'ADJ'), true, 'amod');
  return { words: [], specific: true };
}

function many(ctx: Context): Determiners {
  const at = ctx.integer(0, 9);
  if (at < 3) return one(some());
  if (at < 6) return one(numeral(ctx), true, 'nummod');
  const form = ctx.pick(['many', 'several', 'few', 'other', 'most']);
  return one(word(form, form === 'most' ? 'many' : form, 'ADJ'), form !== 'most', 'amod');
}

function ofSpeakers(ctx: Context): Token {
  const token = pronounWord(ctx.pick([ctx.speaker, ctx.speakers, ctx.addressee]), 'possessive');
  return token;
}
