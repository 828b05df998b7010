import { someone, something } from '../arguments';
import { setting, arranged } from '../clause';
import type { Context } from '../context';
import { organisation, person, place } from '../entities';
import { adjectiveEntries } from '../lexicon';
import { adjectivesOf, ungraded } from '../lexicon/adjectives';
import { adjectiveFor, adjectiveWord, extend, nounPhrase, withCase } from '../nominal';
import { demonstrative } from '../pronouns';
import { attach, chunk, type Phrase, type Token, word } from '../token';
import { copulaOf, verbGroup } from '../verbGroup';
import { finish, type Template } from './template';

/** “older than my brother”, “more useful than …”. */
function comparative(ctx: Context): Phrase {
  const human = ctx.chance(0.45);
  const of = human
    ? ('person' as const)
    : ctx.pick(['thing', 'place', 'abstract', 'animal', 'vehicle'] as const);
  const subject = human ? person(ctx) : something(ctx, of);
  const adjective = adjectiveFor(ctx, of, true);
  const form = adjective.comparative ?? adjective.lemma;
  const head = word(
    form,
    adjective.lemma,
    'ADJ',
    adjective.comparative === undefined ? '_' : 'Degree=Cmp',
  );
  const degree: Token[] = [];
  if (adjective.comparative === undefined)
    degree.push(...attach(head, 'advmod', word('more', 'more', 'ADV', 'Degree=Cmp')));
  else if (ctx.chance(0.25)) degree.push(...attach(head, 'advmod', word('much', 'much', 'ADV')));
  const group = verbGroup(ctx, 'be', subject.referent, {
    ...setting(ctx, { bare: true, tense: ctx.pick(['past', 'present']) }),
    progressive: false,
  });
  copulaOf(group, head);
  const other = withCase(human ? someone(ctx, 'object', false) : something(ctx, of), 'than');
  return finish({
    tokens: [
      ...arranged(attach(head, 'nsubj', subject), group, false),
      ...chunk('ADJP', [...degree, head]),
      ...attach(head, 'obl', other),
    ],
    head,
  });
}

/** “as tall as his father”. */
function equal(ctx: Context): Phrase {
  const subject = person(ctx);
  const adjective = adjectiveWord(adjectiveFor(ctx, 'person', true));
  const group = verbGroup(ctx, 'be', subject.referent, {
    tense: ctx.pick(['past', 'present']),
    negated: ctx.chance(0.4),
  });
  copulaOf(group, adjective);
  const as = word('as', 'as', 'ADV');
  const other = withCase(
    nounPhrase(ctx, ['male', 'female', 'person'], { owner: subject.referent, plural: false }),
    'as',
  );
  return finish({
    tokens: [
      ...attach(adjective, 'nsubj', subject),
      ...group.operator,
      ...group.rest,
      ...chunk('ADJP', [...attach(adjective, 'advmod', as), adjective]),
      ...attach(adjective, 'obl', other),
    ],
    head: adjective,
  });
}

/** “the oldest bridge in Prague”. */
function superlative(ctx: Context): Phrase {
  const of = ctx.pick(['place', 'person', 'vehicle', 'animal', 'thing'] as const);
  const subject = of === 'person' ? person(ctx) : demonstrative(ctx, false);
  const noun = nounPhrase(ctx, of, {
    determiner: 'the',
    plural: false,
    adjective: 0,
    mention: false,
  });
  const fitting = adjectivesOf[of]
    .flatMap(each => adjectiveEntries[each])
    .filter(each => each.superlative !== undefined && !ungraded.has(each.lemma));
  const adjective = ctx.draw(fitting);
  const token = word(
    adjective.superlative ?? adjective.lemma,
    adjective.lemma,
    'ADJ',
    'Degree=Sup',
  );
  attach(noun.head, 'amod', token);
  if (noun.head.chunk !== undefined) token.chunk = noun.head.chunk;
  noun.tokens.splice(1, 0, token);
  const where = ctx.chance(0.6)
    ? withCase(place(ctx), ctx.pick(['in', 'in', 'near']))
    : withCase(organisation(ctx), ctx.pick(['in', 'at', 'near']));
  extend(noun, attach(noun.head, 'nmod', where));
  const group = verbGroup(ctx, 'be', subject.referent, { tense: ctx.pick(['past', 'present']) });
  copulaOf(group, noun.head);
  const tokens = [
    ...attach(noun.head, 'nsubj', subject),
    ...group.operator,
    ...group.rest,
    ...noun.tokens,
  ];
  return finish({ tokens, head: noun.head });
}

export const degrees: readonly Template[] = [
  { name: 'comparative', weight: 4, make: comparative },
  { name: 'equal', weight: 6, only: 'dev', make: equal },
  { name: 'superlative', weight: 3, make: superlative },
];
