import type { CaptureSummary } from '../../../protocol/capture';
import type { Place, PointSupport } from '../../../protocol/intervention';
import { stackOf } from './words';

/** What a model says of the point of a place; undefined where it says nothing. */
function supportOf(at: Place, capture: CaptureSummary): PointSupport | undefined {
  const stack = stackOf(at, capture);
  return capture.model.points?.find(
    one =>
      one.stack === stack &&
      one.point === at.point &&
      (one.kind === undefined || one.kind === (at.kind ?? 'self')),
  );
}

/** Why the numbers of a place cannot be changed in this model; null where they can. */
export function refusalAt(at: Place, capture: CaptureSummary): string | null {
  if (at.point === 'token') return null;
  const support = supportOf(at, capture);
  if (!support) return null;
  const { layers, missing = [] } = support;
  const [first, last] = at.layers ?? [at.layer, at.layer];
  const isIn = (layer: number): boolean =>
    first === undefined || last === undefined || (layer >= first && layer <= last);
  if (layers.some(isIn)) return null;
  return missing.find(({ layer }) => isIn(layer))?.reason ?? null;
}
