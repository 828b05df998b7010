import { someone } from '../arguments';
import { active, type Clause, copular, passive } from '../clause';
import type { Context } from '../context';
import { verbs } from '../lexicon';
import { attach, type Phrase, punctuation, type Token } from '../token';
import { verbGroup } from '../verbGroup';
import { finish, type Template } from './template';

const sayers = verbs(
  'say:said:said shout whisper reply add announce answer write:wrote:written cry call',
);

const askers = verbs('ask wonder demand inquire shout');

/** ‘“…,” said Anna.’ and ‘Anna said: “…”’ */
function quote(ctx: Context): Phrase {
  const asking = ctx.chance(0.25);
  const inner = ctx.chance(0.7)
    ? active(ctx, { bare: true, inverted: asking })
    : copular(ctx, { inverted: asking });
  const subject = someone(ctx, 'subject', false);
  const group = verbGroup(ctx, ctx.draw(asking ? askers : sayers), subject.referent, {
    tense: 'past',
  });
  const head = group.verb;
  const speech = quoted(inner, head);
  const personal = subject.head.upos === 'PRON';
  const speaker = attach(head, 'nsubj', subject);
  if (ctx.chance(0.5)) {
    const after = personal ? [...speaker, ...group.rest] : [...group.rest, ...speaker];
    return finish({ tokens: [...speech(asking ? '?' : ','), ...after], head });
  }
  const lead = [...speaker, ...group.rest, ...punctuation(head, ctx.pick([',', ':']))];
  return { tokens: [...lead, ...speech(asking ? '?' : '.')], head };
}

/** Quotation marks around a clause that is the complement of `head`. */
function quoted(inner: Clause, head: Token): (mark: string) => readonly Token[] {
  const first = inner.tokens[0];
  if (first !== undefined) first.capital = true;
  const tokens = attach(head, 'ccomp', inner);
  return mark => [
    ...punctuation(inner.head, '“', 'after'),
    ...tokens,
    ...punctuation(inner.head, mark),
    ...punctuation(inner.head, '”'),
  ];
}

/** “The bridge, the mayor said, was closed.” */
function interrupted(ctx: Context): Phrase {
  const main = ctx.chance(0.6) ? passive(ctx, { bare: true }) : copular(ctx, { bare: true });
  const subject = someone(ctx, 'subject', false);
  const group = verbGroup(ctx, ctx.draw(sayers), subject.referent, { tense: 'past' });
  const aside = [...attach(group.verb, 'nsubj', subject), ...group.rest];
  attach(main.head, 'parataxis', group.verb);
  const at = main.subject.tokens.length;
  const tokens = [
    ...main.tokens.slice(0, at),
    ...punctuation(group.verb, ','),
    ...aside,
    ...punctuation(group.verb, ','),
    ...main.tokens.slice(at),
  ];
  return finish({ tokens, head: main.head });
}

export const speech: readonly Template[] = [
  { name: 'quote', weight: 8, make: quote },
  { name: 'interrupted', weight: 6, only: 'test', make: interrupted },
];
