import type {
  AddedTokenRule,
  AlignedString,
  TokenTrace,
  TracedPiece,
  WordTrace,
} from '../../protocol/tokenTrace';
import type { Token } from '../../protocol/tokens';

/** Characters of the text, UTF-16 `[start, end)`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A token's place among the pieces of the word that the model read. */
export interface WordPlace {
  readonly word: WordTrace;
  readonly piece: TracedPiece;
  /** Tokens of the whole word, in order. */
  readonly tokens: readonly number[];
}

/** Characters that units `[from, to)` of an aligned text stand for. */
export function rangeOf(text: AlignedString, from = 0, to = text.text.length): Range {
  let [start, end] = [Infinity, 0];
  for (let i = from; i < to; i++) {
    start = Math.min(start, text.starts[i] ?? Infinity);
    end = Math.max(end, text.ends[i] ?? 0);
  }
  return { start: Math.min(start, end), end };
}

/** Whether two ranges share a character. */
export const overlap = (a: Range, b: Range): boolean => a.start < b.end && b.start < a.end;

/** The word of a token; null for tokens that no word was split into. */
export function wordPlace(trace: TokenTrace, index: number): WordPlace | null {
  const origin = trace.origins[index];
  if (origin?.kind !== 'word') return null;
  const word = trace.sections[origin.section]?.parts[origin.part]?.words[origin.word];
  if (!word) return null;
  const same = (at: number): boolean => {
    const other = trace.origins[at];
    return (
      other?.kind === 'word' &&
      other.section === origin.section &&
      other.part === origin.part &&
      other.word === origin.word
    );
  };
  let first = index;
  while (same(first - 1)) first--;
  const piece = word.pieces[index - first];
  if (!piece) return null;
  return { word, piece, tokens: word.pieces.map((_, i) => first + i) };
}

/** The rule by which a token was taken from the text, where one was. */
export function addedRule(trace: TokenTrace, index: number): AddedTokenRule | null {
  const origin = trace.origins[index];
  if (origin?.kind !== 'addedToken') return null;
  const section = trace.sections[origin.section];
  const taken = origin.part === undefined ? section : section?.parts[origin.part];
  return taken?.addedToken ?? null;
}

/**
 * Every character that a token was made from, also those that its own range leaves out, such as the
 * space of `Ġthe`; null for tokens that stand for no text.
 */
export function madeFrom(trace: TokenTrace, index: number): Range | null {
  const origin = trace.origins[index];
  if (!origin || origin.kind === 'template') return null;
  if (origin.kind === 'word') {
    const place = wordPlace(trace, index);
    return place && rangeOf(place.word.word, place.piece.from, place.piece.to);
  }
  const section = trace.sections[origin.section];
  const taken =
    origin.part === undefined ? section?.source : section?.parts[origin.part]?.normalized;
  return taken ? rangeOf(taken) : null;
}

/**
 * Where the same token stands in another list of tokens of the same text; −1 where it is not there. Those
 * of a chat have their places in the document here and in the rendered text there: they are the same
 * by what they say. The second text of a pair is another text.
 */
export function indexOfToken(tokens: readonly Token[], token: Token): number {
  if (token.sequence === 1) return -1;
  const isOfChat = token.turn !== undefined || token.template === true;
  const same = (other: Token | undefined): boolean =>
    other?.id === token.id &&
    (isOfChat ? other.text === token.text : other.start === token.start && other.end === token.end);
  return same(tokens[token.index]) ? token.index : tokens.findIndex(same);
}
