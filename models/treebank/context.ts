import { seededRandom } from '../../test/support/seededRandom';
import type { Entry, Split } from './lexicon';
import type { Token } from './token';

/** Somebody or something that a sentence speaks of; its mentions form a cluster. */
export interface Referent {
  readonly gender: 'masculine' | 'feminine' | 'neuter' | 'person';
  readonly plural: boolean;
  readonly person: 1 | 2 | 3;
}

/** Some words that speak of a referent. */
export interface Mention {
  readonly referent: Referent;
  readonly tokens: readonly Token[];
}

/** Chance and memory while one sentence is built. */
export class Context {
  readonly mentions: Mention[] = [];
  readonly speaker: Referent = { gender: 'person', plural: false, person: 1 };
  readonly speakers: Referent = { gender: 'person', plural: true, person: 1 };
  readonly addressee: Referent = { gender: 'person', plural: false, person: 2 };
  readonly #used = new Set<string>();
  readonly #random: () => number;

  constructor(
    seed: number,
    readonly split: Split,
  ) {
    this.#random = seededRandom(seed);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** A whole number in [from, to]. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  /** One of the values, all alike. */
  pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.#random() * values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }

  /** One of the values by weight. */
  weighted<T>(values: readonly T[], weight: (value: T) => number): T {
    let rest = this.#random() * values.reduce((sum, value) => sum + weight(value), 0);
    for (const value of values) {
      rest -= weight(value);
      if (rest < 0) return value;
    }
    return this.pick(values);
  }

  /**
   * An entry that this split may use and this sentence has not used. Test and dev sentences take their
   * own entries more often than the lists hold them.
   */
  draw<T extends Entry>(entries: readonly T[]): T {
    const allowed = entries.filter(each => each.home === 'all' || each.home === this.split);
    const fresh = allowed.filter(each => !this.#used.has(each.lemma));
    const from = fresh.length > 0 ? fresh : allowed.length > 0 ? allowed : entries;
    const chosen = this.weighted(from, each => each.weight * (each.home === this.split ? 2.5 : 1));
    this.#used.add(chosen.lemma);
    return chosen;
  }

  /** Notes that the words speak of the referent; returns the words. */
  mention(referent: Referent, tokens: readonly Token[]): readonly Token[] {
    this.mentions.push({ referent, tokens });
    return tokens;
  }
}
