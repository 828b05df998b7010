import type { Node } from '../onnx/file/types';
import { instrumentedSkeleton, weightsFolder } from '../onnx/rewrite/instrument';
import { Session } from '../runtime/session';
import type { GraphModel } from './check/graphModel';
import { plain } from './graph/changingSession';

/** A fused addition and normalisation that gives out its sum, too. */
export interface ExposedSum {
  readonly node: Node;
  readonly name: string;
}

/**
 * A graph as it is, with some of its tensors as outputs.
 * @throws InspectorError `model-unsupported`, `out-of-memory`
 */
export function exposed(
  { loaded: { analysis }, session }: GraphModel,
  names: readonly string[],
  sums: readonly ExposedSum[] = [],
): Promise<Session> {
  const streams = {
    streams: [],
    hasHead: false,
    exposedSums: new Map(sums.map(({ node, name }) => [node, name])),
  };
  const nothing = { analysis, sites: [], streams, points: { found: [], missing: [] } };
  const bytes = instrumentedSkeleton(nothing, plain, names);
  return Session.open(bytes, weightsFolder(analysis.model), session.options);
}
