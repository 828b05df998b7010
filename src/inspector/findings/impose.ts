import type { ModelFinding } from '../../protocol/findings';
import { MOST_AHEAD, type Intervention } from '../../protocol/intervention';
import type { AttentionSite, ModelCard } from '../../protocol/model';
import { whyMissing } from '../model/points';

/** Distances from a query to keys that are blocked, both included; negative before it. */
type Ahead = readonly [number, number];

/** Later keys. */
export const LATER: Ahead = [1, MOST_AHEAD];

/** Keys that lie before a window of so many tokens, the query's own among them. */
export function beforeWindow(tokens: number): Ahead {
  return [-MOST_AHEAD, -tokens];
}

/** The same on the other side of the query. */
export function afterWindow(tokens: number): Ahead {
  return [tokens, MOST_AHEAD];
}

/**
 * What blocks keys by their distance in self-attentions, whatever the text; undefined where one of them
 * takes no change.
 */
export function blocking(
  card: ModelCard,
  name: string,
  sites: readonly Pick<AttentionSite, 'stack' | 'layer'>[],
  ahead: Ahead,
): Pick<ModelFinding, 'impose'> {
  const point = 'maskedScores';
  const canAll = sites.every(
    ({ stack, layer }) => whyMissing(card, { stack, layer, point, kind: 'self' }) === undefined,
  );
  const stack = sites[0]?.stack;
  if (!canAll || stack === undefined) return {};
  const interventions = rangesOf(sites.map(({ layer }) => layer)).map((layers): Intervention => ({
    kind: 'intervention',
    at: { stack, layers, point },
    how: { block: true },
    only: { ahead },
  }));
  return { impose: { name, interventions } };
}

/** Numbers as ranges without gaps, first and last. */
function rangesOf(numbers: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}
