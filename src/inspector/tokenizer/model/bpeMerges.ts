import type { BpeMerge } from '../../../protocol/tokenTrace';

/** Merge table of the library: the pair as JSON to its rank. */
export type MergeRanks = ReadonlyMap<string, number>;

/** A word's characters, marked by the model's prefix inside the word and suffix at its end. */
export function symbolsOf(word: string, prefix: string, suffix: string): string[] {
  const symbols = Array.from(word);
  return symbols.map(
    (char, i) => (i > 0 ? prefix : '') + char + (i === symbols.length - 1 ? suffix : ''),
  );
}

/**
 * Merges until no pair is in the table: always the pair of the lowest rank, the leftmost of
 * equals (Sennrich et al. 2016, algorithm 1). Takes quadratic time; `onMerge` sees every step.
 */
export function mergeSymbols(
  symbols: readonly string[],
  ranks: MergeRanks,
  prefix: string,
  onMerge?: (merge: Omit<BpeMerge, 'id'>) => void,
): string[] {
  const current = [...symbols];
  const rankAt = (i: number): number => {
    const [left, right] = [current[i], current[i + 1]];
    if (left === undefined || right === undefined) return Infinity;
    return ranks.get(JSON.stringify([left, right])) ?? Infinity;
  };
  const pairRanks = current.map((_, i) => rankAt(i));
  for (;;) {
    let at = 0;
    for (let i = 1; i < pairRanks.length; i++) {
      if ((pairRanks[i] ?? Infinity) < (pairRanks[at] ?? Infinity)) at = i;
    }
    const rank = pairRanks[at] ?? Infinity;
    const [left, right] = [current[at], current[at + 1]];
    if (rank === Infinity || left === undefined || right === undefined) return current;
    const merged = left + right.slice(prefix.length);
    current.splice(at, 2, merged);
    pairRanks.splice(at, 2, rankAt(at));
    if (at > 0) pairRanks[at - 1] = rankAt(at - 1);
    onMerge?.({ rank, at, left, right, merged });
  }
}
