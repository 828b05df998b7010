import type { AlignedString, TokenTrace } from '../../../protocol/tokenTrace';
import { madeFrom, type Range } from '../../reading/tokenLookup';

/** Tokens that share characters, or characters that no token stands for. */
export interface Column {
  /** Null for tokens that a post-processor put there. */
  readonly range: Range | null;
  /** Indices of the tokens; none where the characters were dropped. */
  readonly tokens: readonly number[];
}

/** The text from left to right: tokens with the characters they share, and what stands between them. */
export function columnsOf(trace: TokenTrace, length: number): Column[] {
  const columns: { range: { start: number; end: number } | null; tokens: number[] }[] = [];
  let last: (typeof columns)[number] | null = null;
  let reached = 0;
  const skip = (to: number): void => {
    if (to > reached) columns.push({ range: { start: reached, end: to }, tokens: [] });
  };
  trace.tokens.forEach((_, index) => {
    const range = madeFrom(trace, index);
    if (!range) {
      columns.push({ range: null, tokens: [index] });
      return;
    }
    if (last?.range && range.start < last.range.end) {
      last.range.end = Math.max(last.range.end, range.end);
      last.tokens.push(index);
    } else {
      skip(range.start);
      last = { range: { ...range }, tokens: [index] };
      columns.push(last);
    }
    reached = Math.max(reached, range.end);
  });
  if (reached < length) {
    const at = columns.findLastIndex(column => column.range !== null) + 1;
    const after = columns.splice(at);
    skip(length);
    columns.push(...after);
  }
  return columns;
}

/** Finds the column of a character: the last one that begins at or before it. */
export function columnFinder(columns: readonly Column[]): (character: number) => number {
  const starts: { start: number; column: number }[] = [];
  columns.forEach(({ range }, column) => {
    if (range) starts.push({ start: range.start, column });
  });
  return character => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle]?.start ?? 0) <= character) low = middle;
      else high = middle - 1;
    }
    return starts[low]?.column ?? -1;
  };
}

/** Cuts an aligned text at the columns: the text of each column that has some, in order. */
export function cutAtColumns(
  text: AlignedString,
  columnAt: (character: number) => number,
): { column: number; text: string }[] {
  const cuts: { column: number; text: string }[] = [];
  for (let i = 0; i < text.text.length; i++) {
    const column = columnAt(text.starts[i] ?? 0);
    const unit = text.text.charAt(i);
    const last = cuts.at(-1);
    if (last?.column === column) last.text += unit;
    else cuts.push({ column, text: unit });
  }
  return cuts;
}
