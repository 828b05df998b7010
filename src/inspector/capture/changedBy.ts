import type { CaptureSummary } from '../../protocol/capture';
import { interventionsOf } from '../../protocol/change';
import { holdsFor, isOn, type Intervention, type Point } from '../../protocol/intervention';
import type { AttentionSite } from '../../protocol/model';
import { keyHeadOf } from '../attention/scores';

/**
 * Where interventions of a run change the numbers of one query's row of one head: what follows from them is
 * what the model computes, they themselves are not.
 */
export function changedBy(
  summary: Pick<CaptureSummary, 'changes' | 'tokens' | 'model'>,
  site: AttentionSite,
  head: number,
  query: number,
): readonly Point[] {
  const points = interventionsOf(summary)
    .filter(one => isOn(one) && isOfSite(one, summary, site) && isOfHead(one, site, head))
    .filter(one => isOfMemory(one) || isOfToken(one, summary, site, query))
    .map(({ at }) => at.point);
  return [...new Set(points)];
}

function isOfSite(
  { at, only, how }: Intervention,
  { model }: Pick<CaptureSummary, 'model'>,
  { stack, kind, layer }: AttentionSite,
): boolean {
  if (at.point === 'token' || at.point === 'residual' || at.point === 'feedForwardOutput')
    return false;
  const isEntry = 'text' in how || 'id' in how;
  const [first, last] = at.layers ?? [at.layer ?? 0, at.layer ?? Infinity];
  const isNamed = layer >= first && layer <= last && isWithin(only?.layers, layer);
  const own = at.stack ?? model.stacks.at(-1);
  return !isEntry && own === stack && (at.kind ?? 'self') === kind && isNamed;
}

function isOfHead({ at }: Intervention, site: AttentionSite, head: number): boolean {
  if (!at.heads) return true;
  if (!isOfMemory({ at })) return at.heads.includes(head);
  return at.heads.some(one => keyHeadOf(site, one) === keyHeadOf(site, head));
}

/** Keys and values are read by every query. */
function isOfMemory({ at }: Pick<Intervention, 'at'>): boolean {
  return at.point === 'key' || at.point === 'value';
}

function isOfToken(
  { at, only }: Intervention,
  { tokens }: Pick<CaptureSummary, 'tokens'>,
  { stack, kind }: AttentionSite,
  query: number,
): boolean {
  const keys = tokens[kind === 'cross' ? 'encoder' : stack] ?? [];
  const hasKey = !only?.ahead || keys.some((_, key) => holdsFor(only, query, key));
  const isNamed = at.tokens?.includes(query) ?? true;
  const isText = only?.token === undefined || tokens[stack]?.[query]?.text === only.token;
  return isNamed && hasKey && isText && isWithin(only?.positions, query);
}

function isWithin(range: readonly [number, number] | undefined, value: number): boolean {
  return !range || (value >= range[0] && value <= range[1]);
}
