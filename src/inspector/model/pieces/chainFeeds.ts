import type * as ort from '../../runtime/ort';
import { toTensor, type RuntimeTensors } from '../../runtime/session';
import { completeFeeds } from '../inputs/feeds';
import { repeatedFeeds } from '../inputs/repeatedFeeds';
import type { Feeds } from '../run';
import type { PiecesOf } from './piecesOf';
import { fed } from './states';

/** What the graphs of a model are fed in runs of several rows, all alike. */
export class ChainFeeds {
  #kept:
    { readonly of: Feeds; readonly rows: number; readonly parts: RuntimeTensors[] } | undefined;

  constructor(private readonly model: PiecesOf) {}

  /** @param memory what the graph before gave in this run */
  of(feeds: Feeds, rows: number, part: number, memory: ort.Tensor | undefined): RuntimeTensors {
    if (this.#kept?.of !== feeds || this.#kept.rows !== rows) {
      this.#kept = { of: feeds, rows, parts: [] };
    }
    const complete = (this.#kept.parts[part] ??= this.#completed(feeds, rows, part, memory));
    const { memory: name } = this.model;
    if (!memory || name === undefined) return complete;
    const fedAs = name in complete ? name : Object.keys(complete).find(one => one.startsWith(name));
    return { ...complete, [fedAs ?? name]: fed(toTensor(memory)) };
  }

  #completed(
    given: Feeds,
    rows: number,
    part: number,
    memory: ort.Tensor | undefined,
  ): RuntimeTensors {
    const signature = this.model.parts[part]?.graph.loaded.signature;
    if (!signature) return {};
    const several = repeatedFeeds(given, rows);
    return completeFeeds(signature, this.model.feeds(part, several, memory && toTensor(memory)));
  }
}
