import { InspectorError } from '../../protocol/errors';
import type { ModelCard } from '../../protocol/model';
import { isStatePoint, type PointPlace } from '../onnx/stream/points/point';
import type { Changes } from './changes/interventions';
import type { GraphRun, Wanted } from './graph/graphSession';
import type { Part } from './part';
import type { PointAt, PointCapture, PointStep, RunOptions } from './run';
import { withoutRepeats } from './tensors/keyHeads';

/**
 * Looks whether a model's numbers can be changed at these places.
 * @throws InspectorError `inputs-wrong`, with the reason
 */
export function checkPoints(card: ModelCard, places: readonly PointAt[]): void {
  for (const at of places) {
    const reason = whyMissing(card, at);
    if (reason !== undefined) throw new InspectorError('inputs-wrong', reason);
  }
}

/** Why a place cannot be changed, one sentence; undefined where it can. */
export function whyMissing({ points = [], name }: ModelCard, at: PointAt): string | undefined {
  const { stack, layer, point } = at;
  const kind = isStatePoint(point) && point !== 'attentionOutput' ? undefined : (at.kind ?? 'self');
  const here = points.find(one => one.stack === stack && one.point === point && one.kind === kind);
  if (here?.layers.includes(layer)) return undefined;
  const known = here?.missing?.find(one => one.layer === layer)?.reason;
  if (known !== undefined) return known;
  const count = (here?.layers.length ?? 0) + (here?.missing?.length ?? 0);
  if (count > 0) {
    return `The ${stack} of ${name} has ${count} layers, 0 to ${count - 1}: there is no layer ${layer}.`;
  }
  const what = kind === 'cross' ? 'cross-attention' : `${stack} that can be changed there`;
  return `${name} has no ${what}.`;
}

/** Changes to a part's points, by their place in its graph. */
export function pointChanges(part: Part, { overrides = [] }: RunOptions): Pick<Changes, 'points'> {
  const points = new Map<number, readonly PointStep[]>();
  for (const { at, steps } of overrides) {
    const index = pointIndex(part, at);
    if (index === undefined || steps.length === 0) continue;
    points.set(index, [...(points.get(index) ?? []), ...steps]);
  }
  return points.size > 0 ? { points } : {};
}

/** Points that a request asks of a part. */
export function wantedPoints(
  part: Part,
  places: readonly PointAt[] | undefined,
): Pick<Wanted, 'points'> {
  if (!places) return {};
  return { points: new Set(places.flatMap(at => pointIndex(part, at) ?? [])) };
}

/** What a run shows of the points that were asked for. */
export function pointCaptures(
  part: Part,
  run: GraphRun,
  places: readonly PointAt[] | undefined,
): readonly PointCapture[] {
  return (places ?? []).flatMap((at): PointCapture[] => {
    const index = pointIndex(part, at);
    const tensor = index === undefined ? undefined : run.points?.get(index);
    if (index === undefined || !tensor) return [];
    const found = part.graph.loaded.points.found[index];
    const [batch = 1, , rows = 1, columns = 1] = tensor.dims;
    if (isStatePoint(at.point)) {
      return [{ at, tensor: { dims: [batch, rows, columns], data: tensor.data } }];
    }
    const isOfKeys = at.point === 'key' || at.point === 'value';
    const group = isOfKeys ? (part.graph.sites[found?.site ?? -1]?.group ?? 1) : 1;
    return [{ at, tensor: withoutRepeats(tensor, group) }];
  });
}

/** The place of a point among those of a part's graph. */
function pointIndex({ graph, stacks }: Part, at: PointAt): number | undefined {
  const isThere = ({ stream, layer, point, kind }: PointPlace) =>
    stacks[stream] === at.stack &&
    layer === at.layer &&
    point === at.point &&
    (kind === undefined || kind === (at.kind ?? 'self'));
  const index = graph.loaded.points.found.findIndex(isThere);
  return index < 0 ? undefined : index;
}
