import type { Context } from './context';
import type { NounClass } from './lexicon/nouns';
import * as lists from './lexicon/verbs';
import { transitiveEntries, verb as parse, verbs, type Verb } from './lexicon';

/** Verbs by frame. */
export const parsed = {
  intransitive: verbs(lists.intransitive),
  motion: verbs(lists.motion),
  ditransitive: verbs(lists.ditransitive),
  linking: verbs(lists.linking),
  control: verbs(lists.toInfinitive),
  participle: verbs(lists.toParticiple),
};

/** Verbs with a preposition, a particle or a tool: the verb with what it asks for. */
const frames = <T extends readonly [string, ...unknown[]]>(rows: readonly T[]) =>
  rows.map(row => ({ ...parse(row[0]), row }));
export const prepositional = frames(lists.prepositional);
export const phrasal = frames(lists.phrasal);
export const particle = frames(lists.phrasalIntransitive);
export const tools = frames(lists.withTool);

/** Classes of objects by how often they are spoken of. */
const objectClasses: readonly (readonly [NounClass, number])[] = [
  ['thing', 12],
  ['person', 10],
  ['document', 8],
  ['place', 6],
  ['event', 5],
  ['abstract', 9],
  ['food', 5],
  ['substance', 3],
  ['animal', 5],
  ['vehicle', 3],
  ['part', 4],
  ['plant', 4],
  ['tool', 2],
];

/** A transitive verb and the class of its object. */
export function transitiveVerb(ctx: Context, of?: NounClass): { verb: Verb; of: NounClass } {
  const chosen = of ?? ctx.weighted(objectClasses, each => each[1])[0];
  const entries = transitiveEntries.get(chosen);
  if (entries === undefined) throw new Error(`no verbs for ${chosen}`);
  return { verb: ctx.draw(entries), of: chosen };
}
