import type { CaptureSummary, Overview, WeightMap } from '../../protocol/capture';
import type { Token } from '../../protocol/tokens';
import { BLOCKED, codeWeight } from '../../protocol/weightCode';
import { isCross, isLong, queryTokens } from '../reading/capture';
import { openingLocus } from './locus';
import type { Locus } from '../reading/place';

/** Query and key of one head that a reader would want to see, and how much so. */
export interface StrikingPair {
  readonly query: number;
  readonly key: number;
  readonly interest: number;
}

/** Weights of one head as codes `[rows, columns]`. */
interface HeadCodes {
  readonly codes: Uint8Array;
  readonly rows: number;
  readonly columns: number;
}

/** Pairs of less interest are not worth opening at: their head does the same everywhere. */
const LEAST_INTEREST = 0.25;
/** Neighbours are what most heads look at, whatever the text says. */
const NEAREST = 2;
/** Words of fewer letters seldom carry what a sentence is about. */
const FULL_WORD = 4;

/**
 * The pair of whole words in a head of self-attention that stands out most: the key gets more than
 * the query's other keys, more than other queries give it, and more than others give at the same
 * distance. Far pairs and words that come once count for more. Null where none stands out.
 * @param head one row and one column a token
 */
export function strikingPair(head: HeadCodes, tokens: readonly Token[]): StrikingPair | null {
  const words = tokens.map((_, i) => wholeWord(tokens, i));
  const first = words.findIndex(word => word !== null);
  const counts = new Map<string, number>();
  for (const word of words) if (word !== null) counts.set(word, (counts.get(word) ?? 0) + 1);
  return mostStriking(head, (query, key) => {
    const [asks, word] = [words[query] ?? null, words[key] ?? null];
    // The first word of a text takes what weight is not needed elsewhere.
    if (asks === null || word === null || asks === word || key === first) return 0;
    return Math.min(1, word.length / FULL_WORD) / (counts.get(word) ?? 1);
  });
}

/** The head of an overview in which a pair stands out most; null where none does. */
export function strikingHead(
  { codes, layers, heads, rows, columns }: Overview,
  pairIn: (head: HeadCodes) => StrikingPair | null = head => mostStriking(head, () => 1),
): { readonly layer: number; readonly head: number; readonly pair: StrikingPair } | null {
  const size = rows * columns;
  const found = Array.from({ length: layers * heads }, (_, i) => {
    const pair = pairIn({ codes: codes.subarray(i * size, (i + 1) * size), rows, columns });
    return pair && { layer: Math.floor(i / heads), head: i % heads, pair };
  });
  return found.reduce(
    (best, one) => (one && (!best || one.pair.interest > best.pair.interest) ? one : best),
    null,
  );
}

/** A map as the codes of one head. */
export const codesOfMap = ({ codes, queries, keys }: WeightMap): HeadCodes => ({
  codes,
  rows: queries,
  columns: keys,
});

/** The word that a token is by itself; null for special tokens, pieces of words and signs. */
function wholeWord(tokens: readonly Token[], index: number): string | null {
  const token = tokens[index];
  if (!token || token.special || token.continues || tokens[index + 1]?.continues) return null;
  const word = token.text.trim().toLowerCase();
  return /[\p{L}\p{N}]/u.test(word) ? word : null;
}

/** @param worth of a pair by its tokens; 0 leaves it out */
function mostStriking(
  { codes, rows, columns }: HeadCodes,
  worth: (query: number, key: number) => number,
): StrikingPair | null {
  const atDistance = new Baseline(rows + columns);
  const atKey = new Baseline(columns);
  const strongest = new Int32Array(rows).fill(-1);
  for (let query = 0; query < rows; query++) {
    for (let key = 0; key < columns; key++) {
      const code = codes[query * columns + key] ?? BLOCKED;
      if (code === BLOCKED) continue;
      atDistance.add(query - key + columns, codeWeight(code));
      atKey.add(key, codeWeight(code));
      const best = strongest[query] ?? -1;
      if (best < 0 || code > (codes[query * columns + best] ?? 0)) strongest[query] = key;
    }
  }
  let found: StrikingPair | null = null;
  strongest.forEach((key, query) => {
    const distance = Math.abs(query - key);
    const value = key < 0 || distance < NEAREST ? 0 : worth(query, key);
    if (value === 0) return;
    const weight = codeWeight(codes[query * columns + key] ?? BLOCKED);
    const usual = Math.max(
      atDistance.without(query - key + columns, weight),
      atKey.without(key, weight),
    );
    const interest = (weight - usual) * value * Math.log2(1 + distance);
    if (interest > Math.max(LEAST_INTEREST, found?.interest ?? 0)) {
      found = { query, key, interest };
    }
  });
  return found;
}

/** Means of weights by place, each without one of its own. */
class Baseline {
  private readonly sums: Float64Array;
  private readonly counts: Uint32Array;

  constructor(places: number) {
    this.sums = new Float64Array(places);
    this.counts = new Uint32Array(places);
  }

  add(place: number, weight: number): void {
    this.sums[place] = (this.sums[place] ?? 0) + weight;
    this.counts[place] = (this.counts[place] ?? 0) + 1;
  }

  /** Mean of the other weights at a place; 0 where there are none. */
  without(place: number, weight: number): number {
    const others = (this.counts[place] ?? 0) - 1;
    return others > 0 ? ((this.sums[place] ?? 0) - weight) / others : 0;
  }
}

/** How the numbers of a capture are had. */
export interface OpeningNumbers {
  overview(locus: Locus): Promise<Overview>;
  map(locus: Locus): Promise<WeightMap>;
}

/**
 * Where a new text opens: at the pair that stands out most, in the head where it does; at its first
 * question where none does, where the text is too long to look at all of it, and in cross-attention.
 */
export async function openingPlace(
  capture: CaptureSummary,
  numbers: OpeningNumbers,
): Promise<Locus | null> {
  const plain = openingLocus(capture);
  if (!plain || isCross(plain.block) || isLong(capture, plain.block)) return plain;
  const tokens = queryTokens(capture, plain.block);
  try {
    const overview = await numbers.overview(plain);
    const isWhole = overview.rows === tokens.length;
    const found = isWhole
      ? strikingHead(overview, head => strikingPair(head, tokens))
      : strikingHead(overview);
    if (!found) return plain;
    const at = { ...plain, layer: found.layer, head: found.head };
    // The small pictures of longer texts tell the head, its map the pair.
    const pair = isWhole ? found.pair : strikingPair(codesOfMap(await numbers.map(at)), tokens);
    return pair ? { ...at, query: pair.query, key: pair.key } : plain;
  } catch {
    // What is missing is asked for again with the numbers of the place, and said there.
    return plain;
  }
}
