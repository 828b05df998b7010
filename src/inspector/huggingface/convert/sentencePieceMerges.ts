import { brokenFile } from './vocabularyFile';

/** Characters in the halves of all cuts, at most: vocabularies in use have some 15 million. */
const MOST_CUT = 100_000_000;

/**
 * The merges of byte-pair encoding, which SentencePiece does not store: every way to cut a piece into
 * two pieces, those of the largest score first, then those of the longest parts; else by the pieces'
 * order and that of their parts (`generate_merges` of transformers).
 * @param ids by piece
 * @param scores of the pieces, in their order
 */
export function mergesByScore(
  ids: ReadonlyMap<string, number>,
  scores: ReadonlyMap<string, number>,
  name: string,
): [string, string][] {
  const merges: (Cut & { readonly score: number })[] = [];
  let cut = 0;
  for (const [piece, score] of scores) {
    cut += Array.from(piece).length ** 2;
    if (cut > MOST_CUT) throw brokenFile(name, 'its pieces are too many and too long for merges');
    merges.push(...cutsOf(piece, ids).map(each => ({ ...each, score })));
  }
  merges.sort(
    (a, b) => b.score - a.score || b.lengths[0] - a.lengths[0] || b.lengths[1] - a.lengths[1],
  );
  return merges.map(({ pair }) => pair);
}

/** The ways to cut a piece into two that are known, by their ids. */
export function cutsOf(piece: string, ids: ReadonlyMap<string, number>): Cut[] {
  const characters = Array.from(piece);
  const cuts: Cut[] = [];
  let at = 0;
  for (let length = 1; length < characters.length; length++) {
    at += characters[length - 1]?.length ?? 0;
    const [left, right] = [piece.slice(0, at), piece.slice(at)];
    const [leftId, rightId] = [ids.get(left), ids.get(right)];
    if (leftId === undefined || rightId === undefined) continue;
    const lengths = [length, characters.length - length] as const;
    cuts.push({ pair: [left, right], ids: [leftId, rightId], lengths });
  }
  return cuts.sort((a, b) => a.ids[0] - b.ids[0] || a.ids[1] - b.ids[1]);
}

interface Cut {
  readonly pair: [string, string];
  readonly ids: readonly [number, number];
  /** In code points. */
  readonly lengths: readonly [number, number];
}
