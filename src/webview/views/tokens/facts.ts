import type { Token } from '../../../protocol/tokens';
import type { TokenTrace } from '../../../protocol/tokenTrace';
import { wordPlace } from '../../reading/tokenLookup';
import type { Stage, StageTable } from './stages';

/** Bytes that are written out. */
const WRITTEN_BYTES = 24;

const encoder = new TextEncoder();

/** Bytes as hexadecimal pairs, cut after some. */
export function hexBytes(bytes: ArrayLike<number>): string {
  const pairs = Array.from(bytes).slice(0, WRITTEN_BYTES);
  const written = pairs.map(byte => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
  return bytes.length > pairs.length ? `${written} … (${bytes.length} bytes)` : written;
}

/** The bytes that a token stands for: its own in byte-level tokenizers, else its characters' UTF-8. */
export function bytesOfToken(
  token: Token,
  trace: TokenTrace | null,
  index: number,
): ArrayLike<number> {
  const place = trace && wordPlace(trace, index);
  const own = place?.word.bytes?.slice(place.piece.from, place.piece.to);
  return own ?? encoder.encode(token.start < token.end || token.template ? token.text : '');
}

/** Line and column of a character of the text, from 1, columns in UTF-16 units as editors count. */
export function lineAndColumn(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/** The token with the first piece of the word that a token continues. */
export function wordStart(tokens: readonly Token[], index: number): Token | null {
  let first = index;
  while (first > 0 && tokens[first]?.continues) first--;
  return first < index ? (tokens[first] ?? null) : null;
}

/** Other tokens that stand for the same characters. */
export function sharingTokens(tokens: readonly Token[], index: number): number[] {
  const token = tokens[index];
  if (!token || token.start >= token.end) return [];
  const same = (at: number): boolean =>
    tokens[at]?.start === token.start && tokens[at].end === token.end;
  let [first, last] = [index, index];
  while (same(first - 1)) first--;
  while (same(last + 1)) last++;
  return first === last ? [] : Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** What each stage made of the word of a token. */
export function stagesOfWord(
  table: StageTable,
  trace: TokenTrace,
  index: number,
): { stage: Stage; parts: string[] }[] {
  const tokens = wordPlace(trace, index)?.tokens ?? [index];
  const columns = table.columns.flatMap((column, i) =>
    column.tokens.some(token => tokens.includes(token)) ? [i] : [],
  );
  return table.stages.flatMap((stage, row) => {
    const parts: string[] = [];
    for (const column of columns) {
      for (const part of table.cells[row]?.[column] ?? []) {
        if (part.token !== undefined && !tokens.includes(part.token)) continue;
        if (part.begins || parts.length === 0) parts.push(part.text);
        else parts.push((parts.pop() ?? '') + part.text);
      }
    }
    return parts.length > 0 ? [{ stage, parts }] : [];
  });
}
