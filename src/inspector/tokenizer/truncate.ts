import type { Overflow } from '../../protocol/tokens';
import type { EncodedToken } from './encodedToken';

/** Which end of a text is cut off. */
export type TruncationSide = 'left' | 'right';

/**
 * Cuts one text or a pair to `limit` tokens in all. The longer text of a pair loses first
 * (`longest_first`, `truncate_encodings` of the reference).
 */
export function truncate(
  texts: readonly (readonly EncodedToken[])[],
  limit: number,
  side: TruncationSide,
): readonly (readonly EncodedToken[])[] {
  const lengths = texts.map(text => text.length);
  const kept = keptLengths(lengths, limit);
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
  const half = Math.floor(limit / 2);
  const shorter = Math.min(first, second, half);
  if (shorter === half) return first > second ? [limit - half, half] : [half, limit - half];
  return first > second ? [limit - shorter, shorter] : [shorter, limit - shorter];
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
