/** Characters `[start, end)` of a document. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** One replacement in a document, in offsets before it. */
export interface TextChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/**
 * Where a range lies after a change. Changes outside move it, changes inside grow or shrink it.
 * Text put in exactly at a border counts as inside where `greedy`, so that an undo finds its way back.
 */
export function trackRange(range: TextRange, change: TextChange, greedy: boolean): TextRange {
  const changeEnd = change.rangeOffset + change.rangeLength;
  const growth = change.text.length - change.rangeLength;
  const inserted = greedy && change.rangeLength === 0;
  const before = inserted ? changeEnd < range.start : changeEnd <= range.start;
  const after = inserted ? change.rangeOffset > range.end : change.rangeOffset >= range.end;
  if (before) return { start: range.start + growth, end: range.end + growth };
  if (after) return range;
  return {
    start: Math.min(range.start, change.rangeOffset),
    end: Math.max(range.end, changeEnd) + growth,
  };
}
