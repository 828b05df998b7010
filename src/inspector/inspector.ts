import { setImmediate } from 'node:timers/promises';
import type { InspectProgress } from '../protocol/capture';
import type { CheckProgress } from '../protocol/findings';
import type { InspectorApi } from '../protocol/inspector';
import type { Cancellation, Handlers } from '../protocol/rpc';
import { check } from './check';
import { openCapture, saveCapture } from './capture/captureFile';
import { CaptureStore } from './capture/captureStore';
import { diskModels } from './library/diskModels';
import { MEMORY_BUDGET } from './model/tensors/memoryBudget';
import { generate } from './run/generate';
import { maximumPositions } from './huggingface/maximumPositions';
import { inspect } from './run/inspect';
import { ModelStore } from './store/modelStore';
import { untilCancelled, checkCancelled } from './probing/cancelled';
import type { ProbeFiles } from './probing/probeFiles';
import { probeLabels } from './probing/probeLabels';
import { fitProbes, probes } from './probing/probes';
import { syntax } from './probing/syntax';
import { readHandlers, steadily, type InTurn } from './reads';
import { withinTime } from './tokenizer/expression/withinTime';
import { readInterventions } from './run/interventions/listFile';
import { findFindings } from './tokenizer/findings';
import { modelFolder } from './source/source';

/** What people cancel. */
const RUN = 'The run';

/**
 * What the inspector process serves: one inspection at a time, slices of the latest captures.
 * @param hasThread models run in a thread of their own: reads do not wait behind runs, and a run that is
 * cancelled takes nothing with it
 */
export function createInspector(files: ProbeFiles = {}, hasThread = false): Handlers<InspectorApi> {
  const store = new ModelStore(files.storage, hasThread, files.treebank);
  const captures = new CaptureStore();
  const inTurn = queue();
  // Fitting uses no model: texts can be inspected meanwhile.
  const fitsInTurn = queue();
  /** A run in its turn. Cancelled, it ends at once; its turn, when the next one can begin. */
  const run = <T>(signal: Cancellation, task: () => Promise<T>): Promise<T> => {
    const turn = inTurn(async () => {
      checkCancelled(signal, RUN);
      try {
        return await untilCancelled(signal, task(), RUN);
      } finally {
        if (signal.aborted) await store.leave();
      }
    });
    return untilCancelled(signal, turn, RUN);
  };
  return {
    models: ({ paths }) => diskModels(paths),
    describe: ({ model }) => steadily(async () => (await store.model(model)).card),
    tokenize: async ({ model, text, maximumTokens }) => {
      const tokenizer = await store.tokenizer(model);
      return withinTime(() => tokenizer.encode(text, { maximumTokens }));
    },
    trace: async ({ model, text, isRendered }) => {
      const tokenizer = await store.tokenizer(model);
      return withinTime(() => tokenizer.trace(text, { addSpecialTokens: !isRendered }));
    },
    interventionList: ({ path }) => readInterventions(path),
    findings: async ({ model, text, maximumTokens }) => {
      const tokenizer = await store.tokenizer(model);
      const limit = await maximumPositions(await modelFolder(model));
      return withinTime(() =>
        findFindings(tokenizer, text, { maximumTokens, maximumPositions: limit }),
      );
    },
    check: (params, progress, signal) =>
      steadily(() =>
        check(params, {
          store,
          turn: pass => untilCancelled(signal, inTurn(pass), RUN),
          report: reporter(progress, signal),
        }),
      ),
    inspect: (params, progress, signal) =>
      run(signal, async () => {
        const { memoryBudget = MEMORY_BUDGET } = params;
        const makeRoom = (bytes: number) => captures.makeRoom(bytes, memoryBudget);
        const capture = await inspect(params, store, reporter(progress, signal), makeRoom);
        checkCancelled(signal, RUN);
        captures.add(capture, memoryBudget);
        return capture.summary;
      }),
    ...readHandlers({ capture: id => captures.get(id), store, inTurn }),
    generate: (params, progress, signal) =>
      run(signal, () => generate(params, store, reporter(progress, signal))),
    probes: choice => probes(choice, files),
    fitProbes: (choice, progress, signal) =>
      untilCancelled(
        signal,
        fitsInTurn(() =>
          steadily(() => fitProbes(choice, { store, files, inTurn, progress, signal })),
        ),
      ),
    probeLabels: async ({ capture, ...choice }) =>
      probeLabels(captures.get(capture), choice, files),
    syntax: (choice, progress, signal) =>
      untilCancelled(
        signal,
        steadily(() => syntax(choice, { store, files, inTurn, progress, signal })),
      ),
    saveCapture: async ({ capture, path }) => saveCapture(captures.get(capture), path),
    openCapture: async ({ path }, _, signal) => {
      const capture = await untilCancelled(signal, openCapture(path), RUN);
      captures.add(capture);
      return capture.summary;
    },
    deleteUnpackedWeights: () => inTurn(async () => ({ bytes: await store.deleteUnpacked() })),
    release: async ({ capture }) => captures.release(capture),
  };
}

/** Reports progress and lets it leave, and a wish to cancel come, before what takes long. */
function reporter(
  progress: (value: unknown) => void,
  signal: Cancellation,
): (value: InspectProgress | CheckProgress) => Promise<void> {
  return async value => {
    checkCancelled(signal, RUN);
    progress(value);
    await setImmediate();
    checkCancelled(signal, RUN);
  };
}

/** Runs tasks one after the other; one that fails does not hold up the next. */
function queue(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return task => {
    const next = last.then(task, task);
    last = next.catch(() => undefined);
    return next;
  };
}
