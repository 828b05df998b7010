import { eachRead, type ReadApi, type ReadName } from '../protocol/methods';
import type { Cancellation, Handlers, Params, Result } from '../protocol/rpc';
import { breakpoints } from './breakpoints/breakpoints';
import type { Capture } from './capture/capture';
import { computation } from './capture/computation';
import { difference } from './capture/difference';
import { effective } from './capture/effective';
import { experts } from './capture/experts';
import { headFacts } from './capture/headFacts';
import { layerRows } from './capture/layerRows';
import { divergence, predictions } from './capture/outputs';
import { shares } from './capture/shares';
import { rowStatistics, sinkShares, tile, tilePlan, vectors } from './capture/tiles';
import { firstDivergence } from './divergence/firstDivergence';
import { attribution } from './layers/attribution';
import { distribution } from './layers/distribution';
import { lens } from './layers/lens';
import { residuals } from './layers/residuals';
import { headAttribution } from './patching/headAttribution';
import { patching } from './patching/patching';
import { path } from './patching/path';
import { sweep } from './patching/sweep';
import { effects } from './run/interventions/effects';
import { LeftError } from './runtime/runtimeThread';
import { distanceScores } from './positions/distanceScores';
import { orderEffect } from './positions/orderEffect';
import { positions } from './positions/positions';
import { ModelStore } from './store/modelStore';
import { tokenizerOf } from './capture/madeWith';

/** Runs tasks one after the other. */
export type InTurn = <T>(task: () => Promise<T>) => Promise<T>;

/** What reads are answered from. */
export interface ReadSources {
  /** @throws InspectorError `capture-missing` */
  capture(id: string): Capture;
  readonly store: ModelStore;
  /** For what keeps the runtime busy. */
  readonly inTurn: InTurn;
}

interface ReadContext extends ReadSources {
  readonly progress: (value: unknown) => void;
  readonly signal: Cancellation;
}

/** The run that a method reads, or the two that it compares. */
type Runs<M extends ReadName> =
  Params<ReadApi, M> extends { readonly capture: string }
    ? Capture
    : { readonly before: Capture; readonly after: Capture };

type Reader<M extends ReadName> = (
  runs: Runs<M>,
  params: Params<ReadApi, M>,
  context: ReadContext,
) => Result<ReadApi, M> | Promise<Result<ReadApi, M>>;

/** How each read is answered. */
const readers: { readonly [M in ReadName]: Reader<M> } = {
  overview: (run, { block }) => run.overview(block),
  map: (run, params) => run.map(params),
  row: (run, params) => run.row(params),
  layerRows,
  pair: (run, { block, query, key }) => run.pair(block, query, key),
  headFacts: (run, { block }) => headFacts(run, block),
  computation,
  shares: (run, { block }) => shares(run, block),
  difference: ({ before, after }, params) => difference(before, after, params),
  predictions: async (run, { token, count }, { store }) =>
    predictions(run, await tokenizerOf(run, store), token, count),
  divergence: ({ before, after }) => divergence(before, after),
  firstDivergence: (runs, _, { store, inTurn, progress, signal }) =>
    inTurn(() => firstDivergence(runs, store, progress, signal)),
  breakpoints: (run, { condition }, { signal }) => breakpoints(run, condition, signal),
  experts,
  effective,
  residuals: (run, { stack }) => residuals(run, stack),
  lens: (run, params, { store, inTurn, progress, signal }) =>
    inTurn(() => lens(run, params, store, progress, signal)),
  attribution: (run, params, { store, inTurn }) => inTurn(() => attribution(run, params, store)),
  distribution: (run, params, { store }) => distribution(run, params, store),
  positions: (run, { stack }, { store }) => positions(run, stack, store),
  distanceScores: (run, params, { store }) => distanceScores(run, params, store),
  orderEffect: ({ before, after }, { block }) => orderEffect(before, after, block),
  tilePlan,
  sinkShares,
  vectors,
  rowStatistics,
  tile,
  effects: (run, { token }, { store, inTurn, progress, signal }) =>
    inTurn(() => effects(run, token, store, progress, signal)),
  patching: (runs, params, { store, inTurn, progress, signal }) =>
    inTurn(() => patching(runs, params, store, progress, signal)),
  path: (runs, params, { store, inTurn, signal }) =>
    inTurn(() => path(runs, params, store, signal)),
  sweep: (run, params, { store, inTurn, progress, signal }) =>
    inTurn(() => sweep(run, params, store, progress, signal)),
  headAttribution: (run, params, { store, inTurn }) =>
    inTurn(() => headAttribution(run, params, store)),
};

/** Answers every read of the captures that `sources` holds. */
export function readHandlers(sources: ReadSources): Handlers<ReadApi> {
  return eachRead(method => async (params, progress, signal) => {
    const read = readers[method] as (...all: unknown[]) => unknown;
    const runs =
      'capture' in params
        ? sources.capture(params.capture)
        : { before: sources.capture(params.before), after: sources.capture(params.after) };
    return steadily(() => read(runs, params, { ...sources, progress, signal }));
  });
}

/** Does some work with models, and begins it again where a run that was cancelled took the runtime along. */
export async function steadily<T>(work: () => T | Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LeftError)) throw error;
    }
  }
}
