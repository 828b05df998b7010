import type { Token } from '../../protocol/tokens';
import type { TextRange } from '../subject/trackRange';

/** Where a text's tokens begin and end, for drawing. */
export interface BoundaryRanges {
  /** Ranges of tokens by turns; tokens that share characters are one range. */
  readonly even: readonly TextRange[];
  readonly odd: readonly TextRange[];
  /** Those that continue the word before them. */
  readonly pieces: readonly TextRange[];
}

/** Arranges tokens in the order of the text; those without characters have no boundary. */
export function boundaryRanges(tokens: readonly Token[]): BoundaryRanges {
  const ranges: TextRange[][] = [[], []];
  const pieces: TextRange[] = [];
  let turn = 0;
  let last: TextRange = { start: 0, end: 0 };
  for (const { start, end, continues } of tokens) {
    // Bytes of one character share its range, or begin within it.
    if (end <= start || start < last.end) continue;
    last = { start, end };
    ranges[turn % 2]?.push(last);
    if (continues) pieces.push(last);
    turn++;
  }
  const [even = [], odd = []] = ranges;
  return { even, odd, pieces };
}
