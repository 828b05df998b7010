import { setImmediate } from 'node:timers/promises';
import type { InspectProgress } from '../protocol/capture';
import type { InspectorApi } from '../protocol/inspector';
import type { Handlers } from '../protocol/rpc';
import { openCapture, saveCapture } from './capture/captureFile';
import { CaptureStore } from './capture/captureStore';
import { MEMORY_BUDGET } from './capture/memoryBudget';
import { generate } from './generate';
import { maximumPositions } from './huggingface/maximumPositions';
import { modelFolder } from './huggingface/modelFolder';
import { inspect } from './inspect';
import { ModelStore } from './modelStore';
import { untilCancelled } from './probing/cancelled';
import type { ProbeFiles } from './probing/probeFiles';
import { probeLabels } from './probing/probeLabels';
import { fitProbes, probes } from './probing/probes';
import { syntax } from './probing/syntax';
import { readHandlers, type InTurn } from './reads';
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
    ...readHandlers({ capture: id => captures.get(id), store, inTurn }),
    generate: (params, progress) => inTurn(() => generate(params, store, reporter(progress))),
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
function queue(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return task => {
    const next = last.then(task, task);
    last = next.catch(() => undefined);
    return next;
  };
}
