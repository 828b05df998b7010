import type { Block, CaptureSummary, Grouping } from '../../protocol/capture';
import { interventionsOf } from '../../protocol/change';
import { holdsFor, isOn, type Intervention } from '../../protocol/intervention';
import { siteAt } from './capture';
import type { MapPlace } from './place';
import { keyUnits, queryUnits } from './units';

/** Heads of a layer, and one query and key of them. */
export interface Edge {
  readonly block: Block;
  readonly layer: number;
  readonly heads: readonly number[];
  readonly query: number;
  readonly key: number;
}

const BY_MASK = 'blocked by the mask';
const BY_INTERVENTION = 'blocked by an intervention';

type Run = Pick<CaptureSummary, 'changes' | 'model' | 'tokens'>;

/** Whether an intervention blocks edges in some head of a layer. */
function isBlocking(run: Run, { at, how, only, on }: Intervention, block: Block, layer: number) {
  const stack = at.stack ?? run.model.stacks.at(-1);
  const [first, last] = at.layers ?? [at.layer ?? 0, at.layer ?? Infinity];
  const [from, until] = only?.layers ?? [0, Infinity];
  return (
    isOn({ ...(on === undefined ? {} : { on }) }) &&
    at.point === 'maskedScores' &&
    'block' in how &&
    stack === block.stack &&
    (at.kind ?? 'self') === block.kind &&
    layer >= Math.max(first, from) &&
    layer <= Math.min(last, until)
  );
}

/** Whether interventions of a run that are on block an edge in each of its heads. */
export function isBlockedByIntervention(run: Run, edge: Edge): boolean {
  const { block, layer, heads, query, key } = edge;
  const token = run.tokens[block.stack]?.[query]?.text;
  const covering = interventionsOf(run).filter(one => {
    const { at, only } = one;
    const [from, until] = only?.positions ?? [0, Infinity];
    return (
      isBlocking(run, one, block, layer) &&
      (at.tokens?.includes(query) ?? true) &&
      (at.keys?.includes(key) ?? true) &&
      (only?.token === undefined || only.token === token) &&
      query >= from &&
      query <= until &&
      holdsFor(only, query, key)
    );
  });
  return heads.every(head => covering.some(({ at }) => at.heads?.includes(head) ?? true));
}

function headsOf(run: CaptureSummary, { block, layer, head: choice }: MapPlace): readonly number[] {
  if (typeof choice === 'number') return [choice];
  const heads = siteAt(run, block, layer)?.heads ?? 0;
  return Array.from({ length: heads }, (_, head) => head);
}

/**
 * What blocks a query from a key, both tokens; of words, any of their tokens.
 */
export function blockedWords(
  run: CaptureSummary,
  place: MapPlace,
  grouping: Grouping,
  { query, key }: Pick<Edge, 'query' | 'key'>,
): string {
  const { block, layer } = place;
  const heads = headsOf(run, place);
  const of = (units: ReturnType<typeof keyUnits>, token: number): number[] => {
    const unit = units.of(token);
    const first = units.first(unit);
    return Array.from({ length: Math.max(0, units.end(unit) - first) }, (_, i) => first + i);
  };
  const keys = of(keyUnits(run, block, grouping), key);
  const isOurs = of(queryUnits(run, block, grouping), query).some(asking =>
    keys.some(asked =>
      isBlockedByIntervention(run, { block, layer, heads, query: asking, key: asked }),
    ),
  );
  return isOurs ? BY_INTERVENTION : BY_MASK;
}

/** What the hatch of a place's map stands for: “blocked” where both the mask and interventions do. */
export function blockedLegend(run: CaptureSummary, place: MapPlace): string {
  const { block, layer } = place;
  const shown = headsOf(run, place);
  const isOurs = interventionsOf(run).some(
    one =>
      isBlocking(run, one, block, layer) &&
      (one.at.heads === undefined || shown.some(head => one.at.heads?.includes(head))),
  );
  if (!isOurs) return BY_MASK;
  const mask = siteAt(run, block, layer)?.mask.kind;
  return mask === undefined || mask === 'bidirectional' ? BY_INTERVENTION : 'blocked';
}
