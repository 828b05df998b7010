import type { BpeMerge } from '../../../protocol/tokenTrace';

/** A word's characters, marked by the model's prefix inside the word and suffix at its end. */
export function symbolsOf(word: string, prefix: string, suffix: string): string[] {
  const symbols = Array.from(word);
  return symbols.map(
    (char, i) => (i > 0 ? prefix : '') + char + (i === symbols.length - 1 ? suffix : ''),
  );
}

/** A pair of tokens that may become one. */
interface Merge {
  /** Line of the merge table. */
  readonly rank: number;
  readonly id: number;
}

/** Which pairs of tokens are merged, and into what. */
export class MergeTable {
  private readonly merges = new Map<number, Merge>();
  private readonly spellings: string[] = [];
  private readonly size: number;

  /**
   * @param merges pairs in the order in which they were learnt; of equal ones the last counts
   * @param prefix that the right part loses where it continues a word
   */
  constructor(
    merges: readonly (readonly [string, string])[],
    private readonly ids: ReadonlyMap<string, number>,
    prefix: string,
  ) {
    for (const [token, id] of ids) this.spellings[id] = token;
    this.size = this.spellings.length;
    for (const [rank, [left, right]] of merges.entries()) {
      const [a, b, id] = [left, right, left + right.slice(prefix.length)].map(part =>
        ids.get(part),
      );
      if (a === undefined || b === undefined || id === undefined) continue;
      this.merges.set(a * this.size + b, { rank, id });
    }
  }

  /** Id of a symbol; -1 for one that the vocabulary lacks, which merges with nothing. */
  idOf(symbol: string): number {
    return this.ids.get(symbol) ?? -1;
  }

  spelling(id: number): string {
    return this.spellings[id] ?? '';
  }

  find(left: number, right: number): Merge | undefined {
    return left < 0 || right < 0 ? undefined : this.merges.get(left * this.size + right);
  }
}

/** Places are below this: a rank and a place fit into one number that sorts by both. */
const PLACES = 2 ** 31;

/**
 * Merges until no pair is in the table: always the pair of the lowest rank, the leftmost of equals
 * (Sennrich et al. 2016, algorithm 1). Candidates wait in a heap, so that a word of n symbols takes
 * n · log n steps; `onMerge` sees every merge and what stood left of it.
 */
export function mergeSymbols(
  symbols: readonly string[],
  table: MergeTable,
  onMerge?: (merge: Omit<BpeMerge, 'at'>, place: number) => void,
): Map<number, string> {
  const ids = Int32Array.from(symbols, symbol => table.idOf(symbol));
  const count = ids.length;
  const next = Int32Array.from(ids, (_, i) => i + 1);
  const previous = Int32Array.from(ids, (_, i) => i - 1);
  const isGone = new Uint8Array(count);
  const heap = new MinimumHeap();
  const idAt = (place: number) => ids[place] ?? -1;
  const nextOf = (place: number) => next[place] ?? count;
  const mergeAt = (place: number) =>
    place < 0 || nextOf(place) >= count ? undefined : table.find(idAt(place), idAt(nextOf(place)));
  const offer = (place: number) => {
    const merge = mergeAt(place);
    if (merge) heap.push(merge.rank * PLACES + place);
  };
  for (let place = 0; place < count; place++) offer(place);
  for (let key = heap.pop(); key !== undefined; key = heap.pop()) {
    const place = key % PLACES;
    const merge = isGone[place] ? undefined : mergeAt(place);
    // One of the two has been merged with another symbol since.
    if (merge?.rank !== Math.floor(key / PLACES)) continue;
    const right = nextOf(place);
    const [leftId, rightId] = [idAt(place), idAt(right)];
    ids[place] = merge.id;
    isGone[right] = 1;
    next[place] = nextOf(right);
    if (nextOf(right) < count) previous[nextOf(right)] = place;
    if (onMerge) {
      const [left, rightSpelling] = [table.spelling(leftId), table.spelling(rightId)];
      const merged = table.spelling(merge.id);
      onMerge({ rank: merge.rank, left, right: rightSpelling, merged, id: merge.id }, place);
    }
    offer(previous[place] ?? -1);
    offer(place);
  }
  const kept = new Map<number, string>();
  for (let place = 0; place < count; place = nextOf(place)) {
    const id = idAt(place);
    kept.set(place, id < 0 ? (symbols[place] ?? '') : table.spelling(id));
  }
  return kept;
}

/** A binary heap of numbers, the least first. */
class MinimumHeap {
  private readonly keys: number[] = [];

  push(key: number): void {
    const { keys } = this;
    let at = keys.length;
    keys.push(key);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = keys[parent] ?? key;
      if (above <= key) break;
      keys[at] = above;
      at = parent;
    }
    keys[at] = key;
  }

  pop(): number | undefined {
    const { keys } = this;
    const first = keys[0];
    const last = keys.pop();
    if (last === undefined || keys.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= keys.length) break;
      if ((keys[child + 1] ?? Infinity) < (keys[child] ?? Infinity)) child++;
      const below = keys[child] ?? Infinity;
      if (below >= last) break;
      keys[at] = below;
      at = child;
    }
    keys[at] = last;
    return first;
  }
}
