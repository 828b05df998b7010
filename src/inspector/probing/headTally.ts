import type { Stack } from '../../protocol/model';
import type { SyntaxRelation } from '../../protocol/probes';
import type { Token } from '../../protocol/tokens';
import type { ModelRun } from '../model/run';
import { alignWords } from './alignWords';
import type { ConlluWord } from './conllu';
import {
  bestOffset,
  mostAttended,
  mostAttending,
  wordWeights,
  type Dependency,
} from './headAccuracy';

/** Rarer relations say nothing. */
export const LEAST_COUNT = 20;
/** Name of all relations together. */
const ALL = 'all';

/** Dependencies of one relation and, by head of attention, how many of them it found `[layers, heads]`. */
interface Found {
  readonly dependencies: Dependency[];
  readonly toHead: Float64Array;
  readonly toDependent: Float64Array;
}

/** Counts what every attention head finds. */
export class HeadTally {
  readonly #found = new Map<string, Found>();
  readonly #seen = new Set<number>();

  constructor(
    private readonly stack: Stack,
    readonly layers: number,
    readonly heads: number,
  ) {}

  /** @param row of the run that the sentence is */
  add(words: readonly ConlluWord[], tokens: readonly Token[], run: ModelRun, row: number): void {
    const places = alignWords(words, tokens);
    const dependencies = words.flatMap(({ head, deprel }, dependent) =>
      head >= 0 && places[dependent] && places[head] ? [{ dependent, head, relation: deprel }] : [],
    );
    for (const each of dependencies) {
      for (const name of namesOf(each)) this.#of(name).dependencies.push(each);
    }
    for (const { site, weights } of run.sites) {
      if (site.stack !== this.stack || site.kind !== 'self' || !weights) continue;
      for (let head = 0; head < site.heads; head++) {
        const cell = site.layer * this.heads + head;
        this.#seen.add(cell);
        this.#count(cell, dependencies, wordWeights(weights, row, head, places), words.length);
      }
    }
  }

  #count(
    cell: number,
    dependencies: readonly Dependency[],
    weights: Float64Array,
    words: number,
  ): void {
    for (const dependency of dependencies) {
      const { dependent, head } = dependency;
      const isTo = mostAttended(weights, words, dependent) === head;
      const isFrom = mostAttending(weights, words, dependent) === head;
      for (const name of namesOf(dependency)) {
        const { toHead, toDependent } = this.#of(name);
        if (isTo) toHead[cell] = (toHead[cell] ?? 0) + 1;
        if (isFrom) toDependent[cell] = (toDependent[cell] ?? 0) + 1;
      }
    }
  }

  /** The relations that are frequent enough; all dependencies together come first. */
  relations(): readonly SyntaxRelation[] {
    return [...this.#found]
      .filter(([, { dependencies }]) => dependencies.length >= LEAST_COUNT)
      .sort(([, a], [, b]) => b.dependencies.length - a.dependencies.length)
      .map(([relation, { dependencies, toHead, toDependent }]) => {
        const count = dependencies.length;
        const share = (right: number, cell: number) => (this.#seen.has(cell) ? right / count : NaN);
        const { offset, right } = bestOffset(dependencies);
        return {
          relation,
          count,
          toHead: Float32Array.from(toHead, share),
          toDependent: Float32Array.from(toDependent, share),
          offset,
          baseline: right / count,
        };
      });
  }

  #of(relation: string): Found {
    const size = this.layers * this.heads;
    const found = this.#found.get(relation) ?? {
      dependencies: [],
      toHead: new Float64Array(size),
      toDependent: new Float64Array(size),
    };
    this.#found.set(relation, found);
    return found;
  }
}

const namesOf = ({ relation }: Dependency): readonly string[] =>
  relation === ALL ? [ALL] : [ALL, relation];
