import type { Context, Referent } from './context';
import { list, type Verb } from './lexicon';
import { inflect, type VerbEntry, type VerbForm } from './morphology';
import { attach, chunk, word, type Token } from './token';

export type Tense = 'past' | 'present' | 'future';

/** How a finite verb stands; plain and active where nothing is said. */
export interface VerbSetting {
  readonly tense: Tense;
  readonly modal?: string;
  readonly perfect?: boolean;
  readonly progressive?: boolean;
  readonly passive?: boolean;
  readonly negated?: boolean;
  /** The first auxiliary goes before the subject: “do” helps where there is none. */
  readonly inverted?: boolean;
  /** Stands between auxiliary and verb. */
  readonly adverb?: Token | undefined;
}

/** A verb with its auxiliaries; all hang on `head`, which is the verb or what a copula belongs to. */
export interface VerbGroup {
  /** The first auxiliary with a joined “n’t”; empty where the verb stands alone. */
  readonly operator: readonly Token[];
  /** Everything after it, the verb last. */
  readonly rest: readonly Token[];
  readonly verb: Token;
}

/** Verbs that sound wrong in the progressive. */
const stative = new Set(
  list(`know love like hate need want own owe believe understand remember forget seem hope fear trust respect
    envy doubt guess suspect appear become refuse`),
);
const isStative = (verb: Verb | 'be') => verb !== 'be' && stative.has(verb.lemma);

type Auxiliary = 'be' | 'have' | 'do';

const contracted = new Map(
  Object.entries({ will: 'wo', can: 'ca' }).concat(
    [
      'do',
      'does',
      'did',
      'is',
      'are',
      'was',
      'were',
      'has',
      'have',
      'had',
      'could',
      'would',
      'should',
    ].map(form => [form, form]),
  ),
);

/** A finite verb form of “be”. */
export function formOfBe(subject: Referent, tense: 'past' | 'present'): string {
  const second = subject.plural || subject.person === 2;
  if (tense === 'past') return second ? 'were' : 'was';
  return second ? 'are' : subject.person === 1 ? 'am' : 'is';
}

function finiteFeats(tense: 'past' | 'present', third: boolean): string {
  if (tense === 'past') return 'Tense=Past|VerbForm=Fin';
  return `${third ? 'Person=3|' : ''}Tense=Pres|VerbForm=Fin`;
}

const feats: Readonly<Record<'base' | 'participle' | 'ing', string>> = {
  base: 'VerbForm=Inf',
  participle: 'Tense=Past|VerbForm=Part',
  ing: 'Tense=Pres|VerbForm=Part',
};

function auxiliary(lemma: Auxiliary, form: 'base' | 'participle' | 'ing'): Token {
  const forms = {
    be: { base: 'be', participle: 'been', ing: 'being' },
    have: { base: 'have', participle: 'had', ing: 'having' },
    do: { base: 'do', participle: 'done', ing: 'doing' },
  };
  return word(forms[lemma][form], lemma, 'AUX', feats[form]);
}

function finiteAuxiliary(lemma: Auxiliary, subject: Referent, tense: 'past' | 'present'): Token {
  const third = isThird(subject);
  const have = { past: 'had', present: third ? 'has' : 'have' };
  const helper = { past: 'did', present: third ? 'does' : 'do' };
  const form =
    lemma === 'be' ? formOfBe(subject, tense) : lemma === 'have' ? have[tense] : helper[tense];
  return word(form, lemma, 'AUX', finiteFeats(tense, third));
}

const isThird = (subject: Referent) => subject.person === 3 && !subject.plural;

/** A verb that agrees with its subject, with the auxiliaries that the setting asks for. */
export function verbGroup(
  ctx: Context,
  verb: Verb | 'be',
  subject: Referent,
  setting: VerbSetting,
): VerbGroup {
  const tense = setting.tense === 'future' ? 'present' : setting.tense;
  const plan: { lemma: Auxiliary; passive?: boolean }[] = [];
  if (setting.perfect) plan.push({ lemma: 'have' });
  if (setting.progressive === true && !isStative(verb)) plan.push({ lemma: 'be' });
  if (setting.passive) plan.push({ lemma: 'be', passive: true });
  const modal = setting.modal ?? (setting.tense === 'future' ? 'will' : undefined);
  const support = verb !== 'be' && modal === undefined && plan.length === 0;
  if (support && (setting.negated === true || setting.inverted === true))
    plan.push({ lemma: 'do' });

  const operators: Token[] = [];
  const relations: string[] = [];
  let previous: 'finite' | 'base' | 'participle' | 'ing' = 'finite';
  if (modal !== undefined) {
    operators.push(word(modal, modal, 'AUX', 'VerbForm=Fin'));
    relations.push('aux');
    previous = 'base';
  }
  for (const { lemma, passive } of plan) {
    operators.push(
      previous === 'finite' ? finiteAuxiliary(lemma, subject, tense) : auxiliary(lemma, previous),
    );
    relations.push(passive === true ? 'aux:pass' : 'aux');
    previous =
      passive === true || lemma === 'have' ? 'participle' : lemma === 'be' ? 'ing' : 'base';
  }
  const token = mainVerb(verb, subject, tense, previous);
  for (const [i, operator] of operators.entries()) attach(token, relations[i] ?? 'aux', operator);
  return arrange(ctx, token, operators, verb, setting);
}

function mainVerb(
  verb: Verb | 'be',
  subject: Referent,
  tense: 'past' | 'present',
  previous: 'finite' | 'base' | 'participle' | 'ing',
): Token {
  if (verb === 'be') {
    return previous === 'finite'
      ? finiteAuxiliary('be', subject, tense)
      : auxiliary('be', previous);
  }
  if (previous !== 'finite') return nonFinite(verb, previous);
  const third = isThird(subject);
  const form: VerbForm = tense === 'past' ? 'past' : third ? 'third' : 'present';
  return word(inflect(verb, form), verb.lemma, 'VERB', finiteFeats(tense, third));
}

/** An infinitive or a participle by itself. */
export function nonFinite(verb: VerbEntry, form: 'base' | 'participle' | 'ing'): Token {
  return word(inflect(verb, form), verb.lemma, 'VERB', feats[form]);
}

/** “be” as an infinitive or a participle. */
export const be = (form: 'base' | 'participle' | 'ing'): Token => auxiliary('be', form);

function arrange(
  ctx: Context,
  verb: Token,
  operators: readonly Token[],
  entry: Verb | 'be',
  setting: VerbSetting,
): VerbGroup {
  const copula = entry === 'be' && operators.length === 0;
  const first = copula ? verb : operators[0];
  const negation: Token[] = [];
  if (setting.negated === true && first !== undefined) {
    const short = contracted.get(first.form);
    const joined = short !== undefined && ctx.chance(setting.inverted === true ? 1 : 0.6);
    const not = word(joined ? 'n’t' : 'not', 'not', 'PART');
    if (joined) {
      first.form = short;
      first.joined = true;
    }
    negation.push(...attach(verb, 'advmod', not));
  }
  const adverb = setting.adverb === undefined ? [] : attach(verb, 'advmod', setting.adverb);
  const late = setting.inverted === true && first?.joined !== true;
  const operator = first === undefined ? [] : late ? [first] : [first, ...negation];
  const after = copula ? [] : operators.slice(1);
  const rest = [...(late ? negation : []), ...after, ...adverb, ...(copula ? [] : [verb])];
  if (setting.inverted === true) {
    chunk('VP', operator);
    chunk('VP', rest);
  } else {
    chunk('VP', [...operator, ...rest]);
  }
  return { operator, rest, verb };
}

/** Makes a form of “be” the copula of a predicate: its auxiliaries and negation move there too. */
export function copulaOf(group: VerbGroup, predicate: Token): void {
  for (const token of [...group.operator, ...group.rest]) {
    if (token.head === group.verb) token.head = predicate;
  }
  attach(predicate, 'cop', group.verb);
}
