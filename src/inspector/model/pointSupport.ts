import { POINTS, type PointSupport } from '../../protocol/intervention';
import type { Stack } from '../../protocol/model';
import { isStatePoint, type GraphPoint, type PointPlace } from '../onnx/stream/points/point';
import type { Part } from './part';

interface Said {
  readonly stack: Stack;
  readonly layer: number;
  readonly point: GraphPoint;
  readonly kind?: 'self' | 'cross';
  readonly reason?: string;
}

/** Where the computation of a model's graphs can be changed, and why not elsewhere: one entry a point. */
export function pointSupport(parts: readonly Part[]): readonly PointSupport[] {
  const all = parts.flatMap(said);
  const stacks = [...new Set(all.map(({ stack }) => stack))];
  return stacks.flatMap(stack =>
    POINTS.flatMap(point =>
      ([undefined, 'self', 'cross'] as const).flatMap((kind): PointSupport[] => {
        const here = all.filter(
          one => one.stack === stack && one.point === point && one.kind === kind,
        );
        if (here.length === 0) return [];
        const missing = here.flatMap(({ layer, reason }) => (reason ? [{ layer, reason }] : []));
        return [
          {
            stack,
            ...(kind ? { kind } : {}),
            point,
            layers: here.filter(({ reason }) => reason === undefined).map(({ layer }) => layer),
            ...(missing.length > 0 ? { missing } : {}),
          },
        ];
      }),
    ),
  );
}

/** What the graph of a part says, and what the checks of its attentions say against it. */
function said({ graph, sites, stacks }: Part): readonly Said[] {
  const { found, missing } = graph.loaded.points;
  const placed = ({ stream, layer, point, kind }: PointPlace, reason?: string): Said[] => {
    const stack = stacks[stream];
    if (!stack) return [];
    return [{ stack, layer, point, ...(kind ? { kind } : {}), ...(reason ? { reason } : {}) }];
  };
  const ofFound = found.flatMap(place => {
    const check = place.site === undefined ? undefined : sites[place.site]?.check;
    const isInside = !isStatePoint(place.point) && check?.result === 'refused';
    return placed(
      place,
      isInside
        ? `The ${place.kind ?? 'self'}-attention of layer ${place.layer} is not shown: ${check.reason}.`
        : undefined,
    );
  });
  const all = [...ofFound, ...missing.flatMap(place => placed(place, place.reason))];
  return all.sort((a, b) => a.layer - b.layer);
}
