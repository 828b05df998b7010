import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Capture } from '../../src/inspector/capture/capture';
import { CaptureStore } from '../../src/inspector/capture/captureStore';
import { bytesOfRun } from '../../src/inspector/model/tensors/memoryBudget';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { wordModel, WORDS_TEXT } from './support/wordModel';

describe('the captures in memory', () => {
  const models = new ModelStore();
  const quiet = () => Promise.resolve();
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-store-'))));
  after(() => rm(scratch, { recursive: true }));

  const run = (makeRoom?: (bytes: number) => void) => {
    const model = wordModel(scratch, 'gpt2__legacy_eager_op14');
    return inspect({ model, text: WORDS_TEXT, maximumTokens: 64 }, models, quiet, makeRoom);
  };
  const bytesOf = (...captures: readonly Capture[]) =>
    bytesOfRun(captures.map(capture => capture.run));
  const hasMaps = (capture: Capture) => capture.run.sites.every(({ weights }) => weights);
  const isThere = (store: CaptureStore, { summary }: Capture) => {
    try {
      return Boolean(store.get(summary.id));
    } catch {
      return false;
    }
  };

  it('count all tensors of a run, shared memory once', async () => {
    const { run: one } = await run();
    const tensors = [
      ...one.sites.flatMap(({ query, key, value, weights, maskedScores, headOutput }) => [
        ...[query, key, value, weights, maskedScores, headOutput],
      ]),
      ...Object.values(one.hiddenStates).flat(),
      ...Object.values(one.lastResidual),
      one.logits,
    ];
    const least = Math.max(...tensors.map(tensor => tensor?.data.byteLength ?? 0));
    const most = tensors.reduce((sum, tensor) => sum + (tensor?.data.byteLength ?? 0), 0);
    const bytes = bytesOfRun([one]);
    assert.ok(bytes > least && bytes <= most, `${bytes} of ${most}`);
    assert.equal(bytesOfRun([one, one]), bytes);
  });

  it('keep to the budget together: the one unused for longest computes its maps again', async () => {
    const [a, b, c] = [await run(), await run(), await run()];
    const block = { stack: 'decoder', kind: 'self' } as const;
    const map = { block, layer: 1, head: 1 };
    const kept = await a.map(map);
    const store = new CaptureStore();
    const budget = bytesOf(a, b, c) - 1;
    store.add(a, budget);
    store.add(b, budget);
    store.get(a.summary.id);
    store.add(c, budget);
    assert.deepEqual([a, b, c].map(hasMaps), [true, false, true]);
    assert.ok(bytesOf(a, b, c) <= budget);
    const again = await b.map(map);
    assert.deepEqual([again.queries, again.keys], [kept.queries, kept.keys]);
    again.codes.forEach((code, i) => assert.ok(Math.abs(code - (kept.codes[i] ?? NaN)) <= 1));
  });

  it('are dropped where that is not enough, but never the newest', async () => {
    const [a, b] = [await run(), await run()];
    const store = new CaptureStore();
    store.add(a, 1);
    assert.ok(isThere(store, a) && hasMaps(a));
    store.add(b, 1);
    assert.deepEqual([isThere(store, a), isThere(store, b)], [false, true]);
    assert.ok(hasMaps(b));
  });

  it('give way before the next run needs their memory', async () => {
    const store = new CaptureStore();
    const first = await run();
    store.add(first);
    let asked = 0;
    await run(bytes => {
      asked = bytes;
      store.makeRoom(bytes, bytesOf(first) + bytes - 1);
      assert.ok(!hasMaps(first), 'before the run');
    });
    // Softmax inputs and outputs: 2 layers of 4 heads, 10 tokens, float32; and the logits.
    const { vocabulary, sites } = first.summary.model;
    const heads = sites.reduce((sum, site) => sum + site.heads, 0);
    assert.equal(asked, heads * 100 * 8 + 10 * vocabulary * 4);
  });
});
