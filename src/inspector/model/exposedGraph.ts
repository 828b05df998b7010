import { instrumentedGraph, weightsFolder } from '../onnx/rewrite/instrument';
import { writeModel } from '../onnx/file/writeModel';
import { Session } from '../runtime/session';
import type { GraphModel } from './check/graphModel';
import { plain } from './graph/changingSession';

/**
 * A graph as it is, as far as it leads to some of its tensors, which are its outputs.
 * @throws InspectorError `model-unsupported`, `out-of-memory`
 */
export function exposed(
  { loaded: { analysis }, session }: GraphModel,
  names: readonly string[],
): Promise<Session> {
  const { model } = analysis;
  const streams = { streams: [], hasHead: false, exposedSums: new Map() };
  const nothing = { analysis, sites: [], streams, points: { found: [], missing: [] } };
  const graph = instrumentedGraph(nothing, plain, names);
  const outputs = graph.outputs.filter(({ name }) => names.includes(name));
  const folder = weightsFolder(model);
  return Session.open(
    writeModel({ ...model, graph: { ...graph, outputs } }, folder),
    folder,
    session.options,
  );
}
