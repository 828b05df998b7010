import type { BpeMerge } from '../../../protocol/tokenTrace';
import { brokenTokenizer, type Fields } from '../fields';
import { MergeTable, mergeSymbols, symbolsOf } from './bpeMerges';
import { bytePieces } from './byteFallback';
import { MAX_TRACED_UNITS, type Model, type Piece } from './tokenModel';
import { remembered } from './remembered';
import { unknownTokenOf } from './unknownToken';
import { checkVocabulary } from './vocabulary';

/** Byte-pair encoding: the merge learnt first is done first. */
export function bpe(fields: Fields): Model {
  const prefix = fields.string('continuing_subword_prefix', '');
  const suffix = fields.string('end_of_word_suffix', '');
  const fusesUnknown = fields.boolean('fuse_unk', false);
  const fallsBackToBytes = fields.boolean('byte_fallback', false);
  const ignoresMerges = fields.boolean('ignore_merges', false);
  const unk = fields.raw('unk_token') === undefined ? undefined : fields.string('unk_token');
  const ids = new Map(Object.entries(checkVocabulary(fields)));
  const merges = readMerges(fields);
  checkMerges(merges, ids, prefix);
  const table = new MergeTable(merges, ids, prefix);
  const unknownToken = unknownTokenOf(ids, unk);

  const merged = (word: string) => [
    ...mergeSymbols(symbolsOf(word, prefix, suffix), table).values(),
  ];

  const whole = (word: string): Piece[] | undefined => {
    const id = ignoresMerges ? ids.get(word) : undefined;
    if (id === undefined) return undefined;
    return [{ id, token: word, from: 0, to: word.length, unknown: false }];
  };
  const pieces = (symbols: readonly string[]): Piece[] => {
    const result: Piece[] = [];
    let at = 0;
    for (const [i, symbol] of symbols.entries()) {
      const from = at;
      const isLast = i === symbols.length - 1;
      at += symbol.length - (i > 0 ? prefix.length : 0) - (isLast ? suffix.length : 0);
      const id = ids.get(symbol);
      const bytes =
        id === undefined && fallsBackToBytes ? bytePieces(ids, symbol, from) : undefined;
      if (id !== undefined) result.push({ id, token: symbol, from, to: at, unknown: false });
      else if (bytes) result.push(...bytes);
      else if (unk !== undefined) pushUnknown(result, from, at);
    }
    return result;
  };
  const pushUnknown = (result: Piece[], from: number, to: number) => {
    const last = result.at(-1);
    if (fusesUnknown && last?.unknown && last.to === from)
      result[result.length - 1] = { ...last, to };
    else result.push({ ...unknownToken(), from, to, unknown: true });
  };

  return {
    kind: 'BPE',
    ids,
    split: remembered(word => whole(word) ?? pieces(merged(word))),
    trace(word) {
      if (word.length > MAX_TRACED_UNITS) {
        return { pieces: whole(word) ?? pieces(merged(word)), steps: { kind: 'omitted' } };
      }
      const symbols = symbolsOf(word, prefix, suffix);
      const known = whole(word);
      if (known) {
        return { pieces: known, steps: { kind: 'BPE', isWhole: true, symbols, merges: [] } };
      }
      const steps: BpeMerge[] = [];
      // Where each symbol that is left began: a merge is listed by its place among these.
      const places = symbols.map((_, i) => i);
      const last = mergeSymbols(symbols, table, (merge, place) => {
        const at = places.indexOf(place);
        places.splice(at + 1, 1);
        steps.push({ ...merge, at });
      });
      return {
        pieces: pieces([...last.values()]),
        steps: { kind: 'BPE', isWhole: false, symbols, merges: steps },
      };
    },
  };
}

/** Reads `merges`, pairs or, in older files, two parts with a space between. */
function readMerges(fields: Fields): [string, string][] {
  return fields.list('merges').map((merge, i) => {
    const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right] = Array.isArray(parts) && parts.length === 2 ? (parts as unknown[]) : [];
    if (typeof left === 'string' && typeof right === 'string') return [left, right];
    throw brokenTokenizer(`its merge ${i} is not a pair of tokens`);
  });
}

/** Both parts of a merge and what they make must be in the vocabulary. */
function checkMerges(
  merges: readonly (readonly [string, string])[],
  ids: ReadonlyMap<string, number>,
  prefix: string,
): void {
  for (const [i, [left, right]] of merges.entries()) {
    const missing = [left, right, left + right.slice(prefix.length)].find(part => !ids.has(part));
    if (missing === undefined) continue;
    throw brokenTokenizer(`its merge ${i} names “${missing}”, which its vocabulary lacks`);
  }
}
