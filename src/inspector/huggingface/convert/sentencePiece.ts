import type { Json } from '../autoTokenizer/tokenizerFiles';
import type { Conversion, ConversionInput, Converter } from './conversion';
import { mergesByScore } from './sentencePieceMerges';
import {
  PieceType,
  readSentencePiece,
  type SentencePiece,
  type SentencePieceModel,
} from './sentencePieceModel';
import { STYLES, usual, type Entry } from './sentencePieceStyles';
import { readBytes } from './vocabularyFile';

/**
 * A tokenizer of a SentencePiece model (`SpmConverter` of `transformers` and what its classes change).
 * @param name of the file that the class reads
 */
export function sentencePiece(name: string): Converter {
  return async input => {
    const bytes = await readBytes(input.folder, name);
    return bytes && converted(input, readSentencePiece(bytes, name), name);
  };
}

function converted(
  { kind, given }: ConversionInput,
  spm: SentencePieceModel,
  name: string,
): Conversion {
  const style = STYLES[kind.name] ?? STYLES[kind.family] ?? {};
  const pieces = spm.pieces.map(({ piece, score }): Entry => [piece, score]);
  const entries = style.entries?.(pieces, given) ?? pieces;
  const fallsBackToBytes = style.fallsBackToBytes ?? false;
  const { normalizer = usual.normalizer, words = usual.words } = style;
  return {
    name,
    model:
      spm.algorithm === 'Unigram'
        ? {
            type: 'Unigram',
            vocab: entries,
            unk_id: style.unknownId?.(spm.unknownId, given) ?? spm.unknownId,
            byte_fallback: fallsBackToBytes,
          }
        : {
            ...pairEncoding(spm.pieces, entries, style.respellsTab ?? false, name),
            unk_token: spm.unknownPiece,
            fuse_unk: true,
            byte_fallback: fallsBackToBytes,
          },
    addedTokens: addedTokens(spm.pieces, style.specialPieces ?? []),
    steps: vocabulary => ({
      normalizer: normalizer(precompiled(spm.charsmap), given.values),
      pre_tokenizer: words(given.values),
      post_processor: style.template?.(vocabulary, given.named) ?? null,
    }),
  };
}

function pairEncoding(
  pieces: readonly SentencePiece[],
  entries: readonly Entry[],
  respellsTab: boolean,
  name: string,
): Json {
  const ids = new Map(pieces.map(({ piece }, id) => [piece, id]));
  const tab = ids.get('<0x09>');
  if (respellsTab && !ids.has('\t') && tab !== undefined) ids.set('\t', tab);
  return {
    type: 'BPE',
    vocab: Object.fromEntries(entries.map(([piece], id) => [piece, id])),
    merges: mergesByScore(ids, new Map(entries), name),
  };
}

/** Control pieces are special tokens; what the trainer was told to keep whole is a token like others. */
function addedTokens(pieces: readonly SentencePiece[], special: readonly string[]): Json[] {
  return pieces
    .filter(({ type }) => type === PieceType.control || type === PieceType.userDefined)
    .map(({ piece, type }) => ({
      content: piece,
      normalized: false,
      special: type === PieceType.control || special.includes(piece),
    }));
}

function precompiled(charsmap: Uint8Array): Json[] {
  if (charsmap.length === 0) return [];
  const base64 = Buffer.from(charsmap).toString('base64');
  return [{ type: 'Precompiled', precompiled_charsmap: base64 }];
}
