import { adjectives, type AdjectiveClass } from './lexicon/adjectives';
import { adverbs, type AdverbClass } from './lexicon/adverbs';
import { names, type NameClass } from './lexicon/names';
import { nouns, type NounClass } from './lexicon/nouns';
import { phrasal, phrasalIntransitive, prepositional, transitive, withTool } from './lexicon/verbs';
import * as verbLists from './lexicon/verbs';
import {
  parseAdjective,
  parseVerb,
  sForm,
  type AdjectiveEntry,
  type VerbEntry,
} from './morphology';

export type Split = 'train' | 'dev' | 'test';

/** What every entry of the lexicon has. */
export interface Entry {
  readonly lemma: string;
  /** The only split in which the entry is used; `all` for the common ones. */
  readonly home: 'all' | 'dev' | 'test';
  /** How often it is drawn beside the others of its list. */
  readonly weight: number;
}

export interface NounEntry extends Entry {
  readonly plural: string;
  readonly class: NounClass;
}
export type Verb = VerbEntry & Entry;
export type Adjective = AdjectiveEntry & Entry;

/** The words of a list. */
export const list = (text: string): string[] => text.trim().split(/\s+/);

/** A number in [0, 1) that depends on the text alone (FNV-1a). */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** Some entries of every class are kept for the test sentences and some for the dev sentences. */
function homeOf(kind: string, lemma: string): Entry['home'] {
  const at = fraction(`${kind} ${lemma}`);
  return at < 0.17 ? 'test' : at < 0.22 ? 'dev' : 'all';
}

const base = (text: string) => (text.split(/[/:+]/)[0] ?? '').toLowerCase();
const lemmasOf = (lists: readonly string[]) => new Set(lists.flatMap(list).map(base));
const verbTexts = [
  ...Object.values(verbLists).filter(each => typeof each === 'string'),
  ...Object.values(transitive),
  ...[...prepositional, ...phrasal, ...phrasalIntransitive, ...withTool].map(each => each[0]),
];
const kinds = [
  lemmasOf(Object.values(nouns)),
  lemmasOf(verbTexts),
  lemmasOf(Object.values(adjectives)),
  lemmasOf(Object.values(adverbs)),
  lemmasOf(Object.values(names)),
];

/** Words with more than one part of speech are drawn more often: they are what a word list gets wrong. */
function weightOf(lemma: string): number {
  return kinds.filter(kind => kind.has(lemma.toLowerCase())).length > 1 ? 4 : 1;
}

function entry<T extends { readonly lemma: string }>(kind: string, parsed: T): T & Entry {
  return { ...parsed, home: homeOf(kind, parsed.lemma), weight: weightOf(parsed.lemma) };
}

function mapValues<K extends string, V, R>(
  record: Readonly<Record<K, V>>,
  turn: (value: V, key: K) => R,
): Record<K, R> {
  const out = {} as Record<K, R>;
  for (const key of Object.keys(record) as K[]) out[key] = turn(record[key], key);
  return out;
}

/** One verb; the same lemma has the same home in every frame. */
export const verb = (text: string): Verb => entry('verb', parseVerb(text));
/** The verbs of a list. */
export const verbs = (text: string): Verb[] => list(text).map(verb);

export const nounEntries: Readonly<Record<NounClass, readonly NounEntry[]>> = mapValues(
  nouns,
  (text, key) =>
    list(text).map(each => {
      const [lemma = '', plural] = each.split('/');
      return entry('noun', { lemma, plural: plural ?? sForm(lemma), class: key });
    }),
);

export const adjectiveEntries: Readonly<Record<AdjectiveClass, readonly Adjective[]>> = mapValues(
  adjectives,
  text => list(text).map(each => entry('adjective', parseAdjective(each))),
);

export const adverbEntries: Readonly<Record<AdverbClass, readonly Entry[]>> = mapValues(
  adverbs,
  text => list(text).map(lemma => entry('adverb', { lemma })),
);

export const nameEntries: Readonly<Record<NameClass, readonly Entry[]>> = mapValues(
  names,
  (text, key) => list(text).map(lemma => entry(key, { lemma })),
);

export const transitiveEntries: ReadonlyMap<NounClass, readonly Verb[]> = new Map(
  (Object.entries(transitive) as [NounClass, string][]).map(([key, text]) => [key, verbs(text)]),
);
