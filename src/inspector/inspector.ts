import { setImmediate } from 'node:timers/promises';
import type { InspectorApi } from '../protocol/inspector';
import type { Handlers } from '../protocol/rpc';
import { CaptureStore } from './capture/captureStore';
import { maximumPositions } from './huggingface/maximumPositions';
import { modelFolder } from './huggingface/modelFolder';
import { inspect } from './inspect';
import { ModelStore } from './modelStore';
import { findFindings } from './tokenizer/findings';

/** What the inspector process serves: one inspection at a time, slices of the latest captures. */
export function createInspector(): Handlers<InspectorApi> {
  const store = new ModelStore();
  const captures = new CaptureStore();
  const inTurn = queue();
  return {
    describe: async ({ model }) => (await store.model(model)).card,
    tokenize: async ({ model, text, maximumTokens }) =>
      (await store.tokenizer(model)).encode(text, { maximumTokens }),
    trace: async ({ model, text }) => (await store.tokenizer(model)).trace(text),
    findings: async ({ model, text, maximumTokens }) =>
      findFindings(await store.tokenizer(model), text, {
        maximumTokens,
        maximumPositions: await maximumPositions(await modelFolder(model)),
      }),
    inspect: (params, progress) =>
      inTurn(async () => {
        const capture = await inspect(params, store, async value => {
          progress(value);
          await setImmediate();
        });
        captures.add(capture);
        return capture.summary;
      }),
    overview: async ({ capture, block }) => captures.get(capture).overview(block),
    map: async ({ capture, block, layer, head }) => captures.get(capture).map(block, layer, head),
    row: async ({ capture, block, layer, head, query }) =>
      captures.get(capture).row(block, layer, head, query),
    pair: async ({ capture, block, query, key }) => captures.get(capture).pair(block, query, key),
    release: async ({ capture }) => captures.release(capture),
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
