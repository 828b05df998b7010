import type { Overflow } from '../../protocol/tokens';
import type { EncodedToken } from './encodedToken';

/** Which end of a text is cut off. */
export type TruncationSide = 'left' | 'right';

/**
 * Cuts one text or a pair so that with `added` special tokens there are at most `maximum`. The
 * longer text of a pair loses first (`longest_first`, `truncate_encodings` of the reference).
 */
export function truncate(
  texts: readonly (readonly EncodedToken[])[],
  maximum: number,
  added: number,
  side: TruncationSide,
): readonly (readonly EncodedToken[])[] {
  // The reference reads no text further than the limit, and compares what it has read.
  const lengths = texts.map(text => Math.min(text.length, maximum));
  const kept = keptLengths(lengths, Math.max(0, maximum - added));
  return texts.map((text, i) => {
    const keeps = kept[i] ?? 0;
    if (keeps >= text.length) return text;
    return side === 'right' ? text.slice(0, keeps) : text.slice(text.length - keeps);
  });
}

function keptLengths(lengths: readonly number[], limit: number): readonly number[] {
  const [first = 0, second] = lengths;
  if (second === undefined) return [Math.min(first, limit)];
  if (first + second <= limit) return lengths;
  const kept = Math.min(first, second, Math.floor(limit / 2));
  return first > second ? [limit - kept, kept] : [kept, limit - kept];
}

/** What `truncate` took from `texts` to leave `kept`. */
export function overflowOf(
  texts: readonly (readonly EncodedToken[])[],
  kept: readonly (readonly EncodedToken[])[],
  side: TruncationSide,
): Overflow[] {
  return texts.flatMap((text, sequence) => {
    const rest = kept[sequence] ?? [];
    const count = text.length - rest.length;
    if (count === 0) return [];
    const cut = side === 'right' ? text.slice(rest.length) : text.slice(0, count);
    const [start, end] = [cut[0]?.start ?? 0, cut.at(-1)?.end ?? 0];
    // Bytes of one character share its range: it is not cut off where some of them stay.
    return side === 'right'
      ? { sequence, tokens: count, start: Math.max(start, rest.at(-1)?.end ?? 0), end }
      : { sequence, tokens: count, start, end: Math.min(end, rest[0]?.start ?? end) };
  });
}
