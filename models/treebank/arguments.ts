import type { Context, Referent } from './context';
import { organisation, person, place } from './entities';
import type { NounClass } from './lexicon/nouns';
import { extend, nounPhrase, withCase, type NounOptions } from './nominal';
import type { Nominal } from './pronouns';
import { demonstrative, indefinite, pronoun, speaker } from './pronouns';
import { placePrepositions } from './lexicon/closed';
import { list } from './lexicon';
import { attach, chunk, word } from './token';

const people = ['male', 'female', 'person', 'person'] as const;

/** Somebody: a name, a noun or a pronoun. */
export function someone(ctx: Context, kind: 'subject' | 'object', modified = true): Nominal {
  const at = ctx.integer(0, 99);
  if (at < 28) return person(ctx);
  if (at < 62) {
    const nominal = nounPhrase(ctx, people);
    return modified && ctx.chance(0.18) ? withModifier(ctx, nominal, 'person') : nominal;
  }
  if (at < 77) return speakerOrThird(ctx, kind);
  if (at < 82) return indefinite(ctx, 'person');
  if (at < 88) return ownedPerson(ctx);
  if (at < 92) return someOf(ctx);
  if (kind === 'subject') return institution(ctx);
  return person(ctx);
}

/** A pronoun that can mean nobody named so far: whoever reads it must not take it for one of them. */
function speakerOrThird(ctx: Context, kind: 'subject' | 'object'): Nominal {
  if (ctx.chance(0.55)) return speaker(ctx, kind);
  const named = ctx.mentions.map(each => each.referent).filter(each => each.person === 3);
  const free = thirdPersons.filter(each => !named.some(other => mayMean(each, other)));
  return free.length === 0 ? speaker(ctx, kind) : pronoun(ctx, { ...ctx.pick(free) }, kind);
}

const thirdPersons: readonly Referent[] = [
  { gender: 'masculine', plural: false, person: 3 },
  { gender: 'feminine', plural: false, person: 3 },
  { gender: 'person', plural: true, person: 3 },
];

function mayMean(pronoun: Referent, named: Referent): boolean {
  if (pronoun.plural) return named.plural || named.gender === 'person';
  return !named.plural && (named.gender === 'person' || named.gender === pronoun.gender);
}

/** “Maria’s brother”, “my uncle’s neighbour”. */
function ownedPerson(ctx: Context): Nominal {
  const owner = ctx.chance(0.6) ? person(ctx) : nounPhrase(ctx, people, { plural: false });
  return nounPhrase(ctx, ['male', 'female', 'person'], { owner, plural: false, adjective: 0.1 });
}

/** “some of the pupils”, “one of her friends”. */
function someOf(ctx: Context): Nominal {
  const whole = withCase(nounPhrase(ctx, people, { plural: true, determiner: 'the' }), 'of');
  const [form, upos, plural] = ctx.pick([
    ['one', 'NUM', false],
    ['some', 'DET', true],
    ['most', 'ADJ', true],
    ['two', 'NUM', true],
    ['each', 'DET', false],
    ['many', 'ADJ', true],
  ] as const);
  const head = word(form, form === 'most' ? 'many' : form, upos);
  chunk('NP', [head]);
  const tokens = [head, ...attach(head, 'nmod', whole)];
  return { tokens, head, referent: { gender: 'person', plural, person: 3 } };
}

function institution(ctx: Context): Nominal {
  return ctx.chance(0.6)
    ? organisation(ctx)
    : nounPhrase(ctx, 'group', { determiner: 'the', plural: false });
}

/** Something of a class, as the object of a verb or a preposition. */
export function something(
  ctx: Context,
  of: NounClass,
  owner?: Nominal,
  options: NounOptions = {},
): Nominal {
  if (of === 'person') return someone(ctx, 'object');
  if (of === 'place' && ctx.chance(0.3)) return place(ctx);
  if (of === 'group' && ctx.chance(0.4)) return organisation(ctx);
  if (ctx.chance(0.035)) return demonstrative(ctx);
  if (ctx.chance(0.03)) return indefinite(ctx, 'thing');
  if (owner !== undefined && ctx.chance(0.16) && ownable.has(of) && isNamed(ctx, owner)) {
    return nounPhrase(ctx, of, { ...options, owner: owner.referent });
  }
  if (ctx.chance(0.08) && ownable.has(of)) {
    return nounPhrase(ctx, of, { ...options, owner: ctx.chance(0.5) ? person(ctx) : noun(ctx) });
  }
  const nominal = nounPhrase(ctx, of, options);
  return ctx.chance(0.14) ? withModifier(ctx, nominal, of) : nominal;
}

const noun = (ctx: Context) => nounPhrase(ctx, people, { plural: false, determiner: 'the' });
const ownable = new Set<NounClass>([
  'thing', 'tool', 'document', 'vehicle', 'food', 'animal', 'abstract', 'feature',
]); // prettier-ignore
const isNamed = (ctx: Context, nominal: Nominal) =>
  ctx.mentions.some(each => each.referent === nominal.referent);

/** Adds a prepositional phrase to a noun phrase. */
export function withModifier(ctx: Context, nominal: Nominal, of: NounClass): Nominal {
  const modifier = modifierOf(ctx, of);
  return modifier === undefined ? nominal : extend(nominal, attach(nominal.head, 'nmod', modifier));
}

function modifierOf(ctx: Context, of: NounClass): Nominal | undefined {
  switch (of) {
    case 'person':
    case 'male':
    case 'female':
      return ctx.chance(0.6)
        ? withCase(nounPhrase(ctx, 'feature', { determiner: 'a', plural: false }), 'with')
        : withCase(ctx.chance(0.5) ? place(ctx, 'city') : organisation(ctx), 'from');
    case 'document':
    case 'abstract':
      return of === 'document' || ctx.chance(0.4)
        ? withCase(
            something(ctx, ctx.pick(['event', 'animal', 'place', 'abstract'] as const)),
            'about',
          )
        : undefined;
    case 'place':
    case 'plant':
    case 'part':
      return where(ctx);
    case 'thing':
    case 'animal':
    case 'vehicle':
      return ctx.chance(0.5)
        ? where(ctx)
        : withCase(
            nounPhrase(ctx, ['part', 'thing'], { determiner: 'the' }),
            ctx.pick(['on', 'under', 'near', 'behind']),
          );
    case 'food':
    case 'substance':
      return withCase(
        nounPhrase(ctx, ['substance', 'food'], { determiner: 'bare', plural: true }),
        'with',
      );
    default:
      return undefined;
  }
}

/** “in the garden”, “near Lisbon”. */
export function where(ctx: Context): Nominal {
  if (ctx.chance(0.3)) return withCase(place(ctx), ctx.pick(['in', 'in', 'near', 'outside']));
  const nominal = nounPhrase(ctx, 'place', {
    plural: false,
    determiner: ctx.chance(0.7) ? 'the' : 'any',
  });
  return withCase(nominal, ctx.pick(list(placePrepositions)));
}
