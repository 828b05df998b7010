/**
 * Opens one model in a process of its own, as the runtime does or as we do with everything that is
 * checked, and runs a text of 64 tokens; prints milliseconds of processor time and megabytes as JSON.
 */
import { readFileSync } from 'node:fs';
import { Capture } from '../../src/inspector/capture/capture';
import { openModel } from '../../src/inspector/model/openModel';
import * as ort from '../../src/inspector/runtime/ort';

const [mode = '', path = ''] = process.argv.slice(2);
const TOKENS = 64;
const threads = 1;

const started = process.cpuUsage();
const spent = () => {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
};
/** The most that was ever resident. */
const peak = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024;

if (mode === 'runtime') {
  const session = await ort.InferenceSession.create(path, { intraOpNumThreads: threads });
  console.log(JSON.stringify({ open: spent(), peak: peak(), first: NaN }));
  await session.release();
} else {
  const model = await openModel(path, { threads });
  const open = spent();
  const data = BigInt64Array.from({ length: TOKENS }, (_, i) => BigInt(5 + i * 37));
  const run = await model.run(
    { input_ids: { dims: [1, TOKENS], data } },
    {
      weights: true,
      queryKeyValue: true,
      maskedScores: true,
      headOutput: true,
      hiddenStates: true,
      logits: true,
    },
  );
  const tokens = Array.from({ length: TOKENS }, (_, index) => ({
    ...{ index, id: index, token: 't', text: 't', start: index, end: index + 1 },
    ...{ special: false, unknown: false, continues: false },
  }));
  const { card } = model;
  const summary = {
    ...{ id: 'first', model: card, text: 't'.repeat(TOKENS), tokens: { decoder: tokens } },
    ...{ totalTokens: TOKENS, sites: card.sites, changes: [] },
    timings: { tokenize: 0, load: 0, run: 0, collect: 0 },
  };
  const capture = new Capture(summary, run, () => Promise.reject(new Error('Maps are kept.')));
  const block = { stack: 'decoder', kind: 'self' } as const;
  await capture.overview(block);
  await capture.map({ block, layer: 0, head: 0 });
  console.log(JSON.stringify({ open, peak: peak(), first: spent() }));
  await model.dispose();
}
