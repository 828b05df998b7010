import { Unigram } from '@huggingface/tokenizers';
import { brokenTokenizer, type Fields } from '../fields';
import { bytePieces } from './byteFallback';
import { MAX_TRACED_UNITS, type Model, type Piece } from './tokenModel';
import { remembered } from './remembered';
import {
  bestSegmentation,
  bestSegmentations,
  latticeOf,
  type LatticeEdge,
  type UnigramTable,
} from './unigramLattice';
import { checkSize } from './vocabulary';

/** How many segmentations a trace lists. */
const MAX_SEGMENTATIONS = 5;

/** The most probable segmentation under a unigram language model (Kudo 2018). */
export function unigram(fields: Fields): Model {
  const entries = readEntries(fields);
  const unkId = fields.raw('unk_id') === undefined ? undefined : fields.integer('unk_id');
  const unk = unkId === undefined ? undefined : entries[unkId]?.[0];
  if (unkId !== undefined && unk === undefined) {
    throw brokenTokenizer(`its unknown token is entry ${unkId} of ${entries.length}`);
  }
  const library = new Unigram(
    { type: 'Unigram', vocab: entries, unk_id: unkId ?? -1 } as unknown as ConstructorParameters<
      typeof Unigram
    >[0],
    '',
  );
  const ids = library.tokens_to_ids;
  const table: UnigramTable = {
    trie: library.trie.root,
    // The library writes the penalty for unknown characters over the unknown token's own score.
    score: token => entries[ids.get(token) ?? -1]?.[1] ?? library.unk_score,
    unknownScore: library.unk_score,
  };
  const fallsBackToBytes = fields.boolean('byte_fallback', false);

  const unknownPieces = (word: string, from: number, to: number): Piece[] => {
    const token = word.slice(from, to);
    const bytes = fallsBackToBytes ? bytePieces(ids, token, from) : undefined;
    if (bytes) return bytes;
    if (unkId === undefined) {
      throw brokenTokenizer(
        'a part of the text is not in its vocabulary and it has no unknown token',
      );
    }
    return [{ id: unkId, token, from, to, unknown: true }];
  };

  const pieces = (word: string, path: readonly LatticeEdge[]): Piece[] => {
    const result: Piece[] = [];
    let unknownFrom = -1;
    const flush = (to: number) => {
      if (unknownFrom >= 0) result.push(...unknownPieces(word, unknownFrom, to));
      unknownFrom = -1;
    };
    for (const { from, to, known } of path) {
      const token = word.slice(from, to);
      const id = known ? ids.get(token) : undefined;
      if (id === undefined || id === unkId) {
        if (unknownFrom < 0) unknownFrom = from;
        continue;
      }
      flush(from);
      result.push({ id, token, from, to, unknown: false });
    }
    flush(word.length);
    return result;
  };
  return {
    kind: 'Unigram',
    ids,
    split: remembered(word => pieces(word, bestSegmentation(table, word))),
    trace(word) {
      if (word.length > MAX_TRACED_UNITS) {
        return { pieces: pieces(word, bestSegmentation(table, word)), steps: { kind: 'omitted' } };
      }
      const textOf = ({ from, to }: LatticeEdge) => word.slice(from, to);
      const paths = bestSegmentations(table, word, MAX_SEGMENTATIONS);
      return {
        pieces: pieces(word, paths[0]?.edges ?? []),
        steps: {
          kind: 'Unigram',
          segmentations: paths.map(({ edges, score }) => ({ pieces: edges.map(textOf), score })),
          lattice: latticeOf(table, word).map(edge => ({ ...edge, text: textOf(edge) })),
        },
      };
    },
  };
}

function readEntries(fields: Fields): readonly (readonly [string, number])[] {
  const entries = fields.list('vocab');
  checkSize(entries.length);
  return entries.map((entry, i) => {
    const [token, score] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof token === 'string' && typeof score === 'number')
      return [token, asReferenceReads(score)];
    throw brokenTokenizer(`entry ${i} of its vocabulary is not a token with a score`);
  });
}

/**
 * The score as the reference has it. Its JSON reader takes the digits as a whole number and divides
 * by a power of ten, which is off by one bit at times and decides between equal segmentations.
 */
function asReferenceReads(score: number): number {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)\.(\d+)$/.exec(String(score)) ?? [];
  if (fraction === '') return score;
  const value = Number(whole + fraction) / Number(`1e${fraction.length}`);
  return sign === '-' ? -value : value;
}
