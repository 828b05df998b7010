import { someone } from '../arguments';
import { active, anyTense, arranged, copular, passive, setting } from '../clause';
import type { Context } from '../context';
import { person } from '../entities';
import { transitiveVerb } from '../frames';
import { verb } from '../lexicon';
import type { NounClass } from '../lexicon/nouns';
import { prepositional } from '../lexicon/verbs';
import { nounPhrase } from '../nominal';
import type { Nominal } from '../pronouns';
import { simpleKinds, verbPhrase } from '../predicate';
import { attach, chunk, leaf, type Phrase, punctuation, type Token, word } from '../token';
import { verbGroup } from '../verbGroup';
import { finish, type Template } from './template';

const wh = (form: string, upos: string, lemma = form) => word(form, lemma, upos, 'PronType=Int');

function yesNo(ctx: Context): Phrase {
  const kind = ctx.integer(0, 9);
  const make = kind < 6 ? active : kind < 8 ? copular : passive;
  return finish(make(ctx, { inverted: true, negated: ctx.chance(0.1) }), '?');
}

/** “Who repaired the clock?” */
function whoSubject(ctx: Context): Phrase {
  const head = wh('who', 'PRON');
  chunk('NP', [head]);
  const subject: Nominal = {
    tokens: [head],
    head,
    referent: { gender: 'person', plural: false, person: 3 },
  };
  return finish(
    active(ctx, { subject, negated: false, tense: ctx.pick(['past', 'present', 'future']) }),
    '?',
  );
}

/** “What did the farmer sell?”, “Which book does she need?”, “How many stamps have you bought?” */
function object(ctx: Context): Phrase {
  const { verb: chosen, of } = transitiveVerb(ctx);
  const subject = someone(ctx, 'subject', false);
  const group = verbGroup(ctx, chosen, subject.referent, {
    ...setting(ctx, { bare: true }),
    negated: false,
    inverted: true,
  });
  const head = group.verb;
  const asked = askedObject(ctx, of);
  return finish(
    {
      tokens: [
        ...attach(head, 'obj', asked),
        ...arranged(attach(head, 'nsubj', subject), group, true),
      ],
      head,
    },
    '?',
  );
}

function askedObject(ctx: Context, of: NounClass): Phrase {
  const kind = ctx.integer(0, 2);
  if (kind === 0) {
    const head = wh(of === 'person' ? 'who' : 'what', 'PRON');
    return { tokens: chunk('NP', [head]), head };
  }
  const noun = nounPhrase(ctx, of, {
    determiner: 'bare',
    mention: false,
    ...(kind === 2 ? { plural: true } : {}),
  });
  const before =
    kind === 1 || !noun.referent.plural
      ? attach(noun.head, 'det', wh(ctx.pick(['which', 'what']), 'DET'))
      : howMany(noun.head);
  return { tokens: chunk('NP', [...before, ...noun.tokens]), head: noun.head };
}

function howMany(noun: Token): readonly Token[] {
  const many = word('many', 'many', 'ADJ');
  return [...attach(many, 'advmod', wh('how', 'ADV')), ...attach(noun, 'amod', many)];
}

/** “Where did they hide the key?” */
function adverbial(ctx: Context): Phrase {
  const form = ctx.pick(['where', 'when', 'why', 'how', 'how often', 'how long']);
  const clause = active(ctx, {
    inverted: true,
    bare: true,
    negated: form === 'why' && ctx.chance(0.3),
    tense: anyTense(ctx),
    kinds: simpleKinds,
  });
  return finish(
    { tokens: [...askedAdverb(clause.head, form), ...clause.tokens], head: clause.head },
    '?',
  );
}

/** Where, when, why, how, how often on a verb. */
export function askedAdverb(head: Token, form: string): readonly Token[] {
  const [first = '', second] = form.split(' ');
  const how = wh(first, 'ADV');
  if (second === undefined) return leaf(head, 'advmod', how, 'ADVP');
  const last = word(second, second, 'ADV');
  return chunk('ADVP', [...attach(last, 'advmod', how), ...attach(head, 'advmod', last)]);
}

/** “Who did Anna wait for?”: the preposition stays at the verb, so arcs cross. */
function stranded(ctx: Context): Phrase {
  const frame = ctx.pick(prepositional);
  const chosen = verb(frame[0]);
  const subject = someone(ctx, 'subject', false);
  const group = verbGroup(ctx, chosen, subject.referent, {
    tense: ctx.pick(['past', 'present', 'future']),
    inverted: true,
  });
  const head = group.verb;
  const who = wh(frame[2].includes('person') ? 'who' : 'what', 'PRON');
  chunk('NP', attach(head, 'obl', who));
  const preposition = leaf(who, 'case', word(frame[1], frame[1], 'ADP'), 'PP');
  return finish(
    {
      tokens: [who, ...arranged(attach(head, 'nsubj', subject), group, true), ...preposition],
      head,
    },
    '?',
  );
}

/** “Close the window, please.”, “Don’t feed the lion.” */
function imperative(ctx: Context): Phrase {
  const you: Nominal = { tokens: [], head: word('you', 'you', 'PRON'), referent: ctx.addressee };
  const phrase = verbPhrase(ctx, you, 'base', [
    'transitive',
    'phrasal',
    'ditransitive',
    'prepositional',
    'tool',
    'motion',
    'particle',
  ]);
  const head = phrase.head;
  const before: Token[] = [];
  const after: Token[] = [];
  const please = () => leaf(head, 'discourse', word('please', 'please', 'INTJ'), 'INTJ');
  const at = ctx.integer(0, 9);
  if (at < 2) before.push(...please());
  else if (at < 4) after.push(...punctuation(head, ','), ...please());
  else if (at < 6) {
    const name = person(ctx);
    if (ctx.chance(0.5)) before.push(...attach(head, 'vocative', name), ...punctuation(head, ','));
    else after.push(...punctuation(head, ','), ...attach(head, 'vocative', name));
  }
  if (ctx.chance(0.25)) before.push(...prohibition(head));
  return finish(
    { tokens: [...before, ...phrase.tokens, ...after], head },
    ctx.chance(0.2) ? '!' : '.',
  );
}

function prohibition(head: Token): readonly Token[] {
  const helper = word('do', 'do', 'AUX', 'Mood=Imp');
  helper.joined = true;
  const not = word('n’t', 'not', 'PART');
  const tokens = [...attach(head, 'aux', helper), ...attach(head, 'advmod', not)];
  if (head.chunk !== undefined) for (const token of tokens) token.chunk = head.chunk;
  return tokens;
}

/** “Let us visit the museum.” */
function suggestion(ctx: Context): Phrase {
  const head = word('let', 'let', 'VERB', 'Mood=Imp');
  chunk('VP', [head]);
  const us = word('us', 'we', 'PRON', 'Case=Acc|Number=Plur|Person=1');
  chunk('NP', attach(head, 'obj', us));
  ctx.mention(ctx.speakers, [us]);
  const subject: Nominal = { tokens: [us], head: us, referent: ctx.speakers };
  if (ctx.chance(0.5)) {
    head.joined = true;
    us.form = '’s';
  }
  return finish({
    tokens: [head, us, ...attach(head, 'xcomp', verbPhrase(ctx, subject, 'base'))],
    head,
  });
}

/** “Yes, we saw it.”, “Well, …” */
function answer(ctx: Context): Phrase {
  const form = ctx.pick(['yes', 'no', 'well', 'oh', 'sorry', 'no', 'hello']);
  const clause = predicateClause(ctx, form === 'no');
  const opening = leaf(clause.head, 'discourse', word(form, form, 'INTJ'), 'INTJ');
  return finish({
    tokens: [...opening, ...punctuation(clause.head, ','), ...clause.tokens],
    head: clause.head,
  });
}

const predicateClause = (ctx: Context, negated: boolean) =>
  ctx.chance(0.7) ? active(ctx, { negated }) : copular(ctx, { negated });

/** “Whose umbrella did the guest take?” */
function whose(ctx: Context): Phrase {
  const { verb: chosen, of } = transitiveVerb(
    ctx,
    ctx.pick(['thing', 'document', 'vehicle', 'tool']),
  );
  const noun = nounPhrase(ctx, of, {
    determiner: 'bare',
    plural: false,
    mention: false,
    adjective: 0.2,
  });
  const subject = someone(ctx, 'subject', false);
  const group = verbGroup(ctx, chosen, subject.referent, {
    tense: ctx.pick(['past', 'future']),
    inverted: true,
  });
  const head = group.verb;
  const asked = chunk('NP', [
    ...attach(noun.head, 'nmod:poss', wh('whose', 'PRON')),
    ...noun.tokens,
  ]);
  attach(head, 'obj', noun.head);
  return finish(
    { tokens: [...asked, ...arranged(attach(head, 'nsubj', subject), group, true)], head },
    '?',
  );
}

export const questions: readonly Template[] = [
  { name: 'yes-no', weight: 6, make: yesNo },
  { name: 'who', weight: 3, make: whoSubject },
  { name: 'object question', weight: 4, make: object },
  { name: 'adverbial question', weight: 4, make: adverbial },
  { name: 'stranded question', weight: 8, only: 'test', make: stranded },
  { name: 'whose question', weight: 5, only: 'test', make: whose },
  { name: 'imperative', weight: 7, make: imperative },
  { name: 'suggestion', weight: 2, make: suggestion },
  { name: 'answer', weight: 3, make: answer },
];
