import { unitsAt } from '../unicode';

/** A node of the vocabulary's prefix tree, one character a step. */
export interface TrieNode {
  readonly is_leaf: boolean;
  readonly children: ReadonlyMap<string, TrieNode>;
}

/** What segmentation needs of a Unigram vocabulary. */
export interface UnigramTable {
  readonly trie: TrieNode;
  /** Log probability of a token. */
  score(token: string): number;
  /** What a character outside the vocabulary costs. */
  readonly unknownScore: number;
}

/** A candidate piece: units `[from, to)` of the word. */
export interface LatticeEdge {
  readonly from: number;
  readonly to: number;
  readonly score: number;
  /** In the vocabulary; otherwise one unknown character. */
  readonly known: boolean;
}

/** Every piece that may begin at unit `from`; an unknown one where no single character is known. */
export function* edgesFrom(
  table: UnigramTable,
  word: string,
  from: number,
): Generator<LatticeEdge> {
  const first = from + unitsAt(word, from);
  let hasSingle = false;
  let node: TrieNode | undefined = table.trie;
  for (let at = from; at < word.length;) {
    const to = at + unitsAt(word, at);
    node = node.children.get(word.slice(at, to));
    if (!node) break;
    if (node.is_leaf) {
      yield { from, to, score: table.score(word.slice(from, to)), known: true };
      hasSingle ||= to === first;
    }
    at = to;
  }
  if (!hasSingle) yield { from, to: first, score: table.unknownScore, known: false };
}

/** Viterbi's best path; of equal scores the one found first, as in the reference (`encode_optimized`). */
export function bestSegmentation(table: UnigramTable, word: string): LatticeEdge[] {
  const scores = new Float64Array(word.length + 1);
  const best: (LatticeEdge | undefined)[] = [];
  for (let from = 0; from < word.length; from += unitsAt(word, from)) {
    const before = scores[from] ?? 0;
    for (const edge of edgesFrom(table, word, from)) {
      const score = edge.score + before;
      if (best[edge.to] === undefined || score > (scores[edge.to] ?? 0)) {
        best[edge.to] = edge;
        scores[edge.to] = score;
      }
    }
  }
  const path: LatticeEdge[] = [];
  for (let at = word.length; at > 0;) {
    const edge = best[at];
    if (!edge) break;
    path.push(edge);
    at = edge.from;
  }
  return path.reverse();
}

/** A way through the lattice with the sum of its scores. */
export interface LatticePath {
  readonly edges: readonly LatticeEdge[];
  readonly score: number;
}

/** Every candidate piece of `word`. */
export function latticeOf(table: UnigramTable, word: string): LatticeEdge[] {
  const edges: LatticeEdge[] = [];
  for (let from = 0; from < word.length; from += unitsAt(word, from)) {
    edges.push(...edgesFrom(table, word, from));
  }
  return edges;
}

/** The `count` best paths, best first; the first is the one that `bestSegmentation` gives. */
export function bestSegmentations(table: UnigramTable, word: string, count: number): LatticePath[] {
  interface Hypothesis {
    readonly score: number;
    readonly edge: LatticeEdge;
    readonly before: Hypothesis | undefined;
  }
  const byEnd = new Map<number, Hypothesis[]>();
  for (let from = 0; from < word.length; from += unitsAt(word, from)) {
    const before = (byEnd.get(from) ?? []).toSorted((a, b) => b.score - a.score).slice(0, count);
    byEnd.set(from, before);
    for (const edge of edgesFrom(table, word, from)) {
      const ending = byEnd.get(edge.to) ?? [];
      byEnd.set(edge.to, ending);
      if (from === 0) ending.push({ score: edge.score, edge, before: undefined });
      for (const each of before)
        ending.push({ score: edge.score + each.score, edge, before: each });
    }
  }
  const best = (byEnd.get(word.length) ?? []).toSorted((a, b) => b.score - a.score);
  return best.slice(0, count).map(({ score, edge, before }) => {
    const edges = [edge];
    for (let at = before; at; at = at.before) edges.push(at.edge);
    return { edges: edges.reverse(), score };
  });
}
