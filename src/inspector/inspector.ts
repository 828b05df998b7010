import { setImmediate } from 'node:timers/promises';
import type { InspectProgress } from '../protocol/capture';
import type { InspectorApi } from '../protocol/inspector';
import type { Handlers } from '../protocol/rpc';
import { openCapture, saveCapture } from './capture/captureFile';
import { CaptureStore } from './capture/captureStore';
import { computation } from './capture/computation';
import { difference } from './capture/difference';
import { headFacts } from './capture/headFacts';
import { layerRows } from './capture/layerRows';
import { MEMORY_BUDGET } from './model/tensors/memoryBudget';
import { divergence, predictions } from './capture/outputs';
import { shares } from './capture/shares';
import { rowStatistics, tile, tilePlan, vectors } from './capture/tiles';
import { tokenizerOf } from './capture/madeWith';
import { generate } from './run/generate';
import { maximumPositions } from './huggingface/maximumPositions';
import { modelFolder } from './source/source';
import { inspect } from './run/inspect';
import { ModelStore } from './store/modelStore';
import { attribution } from './layers/attribution';
import { distribution } from './layers/distribution';
import { lens } from './layers/lens';
import { residuals } from './layers/residuals';
import { distanceScores } from './positions/distanceScores';
import { orderEffect } from './positions/orderEffect';
import { positions } from './positions/positions';
import { untilCancelled } from './probing/cancelled';
import type { ProbeFiles } from './probing/probeFiles';
import { probeLabels } from './probing/probeLabels';
import { fitProbes, probes } from './probing/probes';
import { syntax } from './probing/syntax';
import { withinTime } from './tokenizer/expression/withinTime';
import { findFindings } from './tokenizer/findings';

/** What the inspector process serves: one inspection at a time, slices of the latest captures. */
export function createInspector(files: ProbeFiles = {}): Handlers<InspectorApi> {
  const store = new ModelStore(files.storage);
  const captures = new CaptureStore();
  const inTurn = queue();
  // Fitting uses no model: texts can be inspected meanwhile.
  const fitsInTurn = queue();
  return {
    describe: async ({ model }) => (await store.model(model)).card,
    tokenize: async ({ model, text, maximumTokens }) => {
      const tokenizer = await store.tokenizer(model);
      return withinTime(() => tokenizer.encode(text, { maximumTokens }));
    },
    trace: async ({ model, text }) => {
      const tokenizer = await store.tokenizer(model);
      return withinTime(() => tokenizer.trace(text));
    },
    findings: async ({ model, text, maximumTokens }) => {
      const tokenizer = await store.tokenizer(model);
      const limit = await maximumPositions(await modelFolder(model));
      return withinTime(() =>
        findFindings(tokenizer, text, { maximumTokens, maximumPositions: limit }),
      );
    },
    inspect: (params, progress) =>
      inTurn(async () => {
        const { memoryBudget = MEMORY_BUDGET } = params;
        const makeRoom = (bytes: number) => captures.makeRoom(bytes, memoryBudget);
        const capture = await inspect(params, store, reporter(progress), makeRoom);
        captures.add(capture, memoryBudget);
        return capture.summary;
      }),
    overview: async ({ capture, block }) => captures.get(capture).overview(block),
    map: async params => captures.get(params.capture).map(params),
    row: async params => captures.get(params.capture).row(params),
    layerRows: async params => layerRows(captures.get(params.capture), params),
    pair: async ({ capture, block, query, key }) => captures.get(capture).pair(block, query, key),
    headFacts: async ({ capture, block }) => headFacts(captures.get(capture), block),
    computation: async params => computation(captures.get(params.capture), params),
    shares: async ({ capture, block }) => shares(captures.get(capture), block),
    difference: async params =>
      difference(captures.get(params.before), captures.get(params.after), params),
    predictions: async ({ capture, token, count }) => {
      const run = captures.get(capture);
      return predictions(run, await tokenizerOf(run, store), token, count);
    },
    divergence: async ({ before, after }) => divergence(captures.get(before), captures.get(after)),
    generate: (params, progress) => inTurn(() => generate(params, store, reporter(progress))),
    residuals: async ({ capture, stack }) => residuals(captures.get(capture), stack),
    lens: (params, progress, signal) =>
      inTurn(() => lens(captures.get(params.capture), params, store, progress, signal)),
    attribution: params => inTurn(() => attribution(captures.get(params.capture), params, store)),
    distribution: async params => distribution(captures.get(params.capture), params, store),
    positions: async ({ capture, stack }) => positions(captures.get(capture), stack, store),
    distanceScores: async params => distanceScores(captures.get(params.capture), params, store),
    orderEffect: async ({ before, after, block }) =>
      orderEffect(captures.get(before), captures.get(after), block),
    probes: choice => probes(choice, files),
    fitProbes: (choice, progress, signal) =>
      untilCancelled(
        signal,
        fitsInTurn(() => fitProbes(choice, { store, files, inTurn, progress, signal })),
      ),
    probeLabels: async ({ capture, ...choice }) =>
      probeLabels(captures.get(capture), choice, files),
    syntax: (choice, progress, signal) =>
      untilCancelled(signal, syntax(choice, { store, files, inTurn, progress, signal })),
    tilePlan: async params => tilePlan(captures.get(params.capture), params),
    vectors: async params => vectors(captures.get(params.capture), params),
    rowStatistics: async params => rowStatistics(captures.get(params.capture), params),
    tile: async params => tile(captures.get(params.capture), params),
    saveCapture: async ({ capture, path }) => saveCapture(captures.get(capture), path),
    openCapture: async ({ path }) => {
      const capture = await openCapture(path);
      captures.add(capture);
      return capture.summary;
    },
    release: async ({ capture }) => captures.release(capture),
  };
}

/** Reports progress and lets it leave before the runtime blocks this thread. */
function reporter(progress: (value: unknown) => void): (value: InspectProgress) => Promise<void> {
  return async value => {
    progress(value);
    await setImmediate();
  };
}

/** Runs tasks one after the other; one that fails does not hold up the next. */
function queue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return task => {
    const next = last.then(task, task);
    last = next.catch(() => undefined);
    return next;
  };
}
