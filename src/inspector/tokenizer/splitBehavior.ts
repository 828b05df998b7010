/** The units from `from` to `to`, inside (`matched`) or between what a pattern matched. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly matched: boolean;
}

/** What becomes of the matched stretches when a text is split at them. */
export const SPLIT_BEHAVIORS = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
] as const;
export type SplitBehavior = (typeof SPLIT_BEHAVIORS)[number];

/** Ranges of the pieces that `stretches` leave under `behavior` (`SplitDelimiterBehavior` of the reference). */
export function joinStretches(
  stretches: readonly Stretch[],
  behavior: SplitBehavior,
): readonly { readonly from: number; readonly to: number }[] {
  if (behavior === 'Isolated') return stretches;
  if (behavior === 'Removed') return stretches.filter(each => !each.matched);
  const backwards = behavior === 'MergedWithNext';
  const ranges: { from: number; to: number }[] = [];
  let previousMatched = false;
  for (const { from, to, matched } of backwards ? stretches.toReversed() : stretches) {
    const joins =
      behavior === 'Contiguous' ? matched === previousMatched : matched && !previousMatched;
    const last = joins ? ranges.at(-1) : undefined;
    if (last && backwards) last.from = from;
    else if (last) last.to = to;
    else ranges.push({ from, to });
    previousMatched = matched;
  }
  return backwards ? ranges.toReversed() : ranges;
}
