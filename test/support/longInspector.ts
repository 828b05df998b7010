import type { Capture } from '../../src/inspector/capture/capture';
import { headFacts } from '../../src/inspector/capture/headFacts';
import { layerRows } from '../../src/inspector/capture/layerRows';
import {
  rowStatistics,
  sinkShares,
  tile,
  tilePlan,
  vectors,
} from '../../src/inspector/capture/tiles';
import { createInspector } from '../../src/inspector/inspector';
import type { InspectorApi } from '../../src/protocol/inspector';
import type { Handlers } from '../../src/protocol/rpc';

/** An inspector whose one capture was made instead of run, with a record of what it was asked for. */
export function longInspector(capture: Capture): {
  readonly inspector: Handlers<InspectorApi>;
  readonly asked: { readonly method: string; readonly params: object }[];
} {
  const asked: { method: string; params: object }[] = [];
  const slices: Partial<Handlers<InspectorApi>> = {
    overview: ({ block }) => capture.overview(block),
    map: params => capture.map(params),
    row: params => capture.row(params),
    layerRows: params => layerRows(capture, params),
    pair: ({ block, query, key }) => capture.pair(block, query, key),
    headFacts: ({ block }) => headFacts(capture, block),
    tilePlan: async params => tilePlan(capture, params),
    sinkShares: params => sinkShares(capture, params),
    vectors: async params => vectors(capture, params),
    rowStatistics: params => rowStatistics(capture, params),
    tile: params => tile(capture, params),
  };
  const recorded = Object.entries(slices).map(([method, answer]) => [
    method,
    (params: never, progress: never) => {
      asked.push({ method, params });
      return (answer as (...all: unknown[]) => unknown)(params, progress);
    },
  ]);
  const made = Object.fromEntries(recorded) as Partial<Handlers<InspectorApi>>;
  return { inspector: { ...createInspector(), ...made }, asked };
}
