import type { Context } from '../context';
import type { Split } from '../lexicon';
import { type Phrase, punctuation } from '../token';

/** One way to make a sentence. */
export interface Template {
  readonly name: string;
  /** How often it is used beside the others. */
  readonly weight: number;
  /** The only split in which it is used; everywhere where nothing is said. */
  readonly only?: Split;
  readonly make: (ctx: Context) => Phrase;
}

/** Ends a sentence with its mark. */
export function finish(phrase: Phrase, mark = '.'): Phrase {
  return { tokens: [...phrase.tokens, ...punctuation(phrase.head, mark)], head: phrase.head };
}
