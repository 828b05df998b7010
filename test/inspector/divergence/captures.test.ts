import type { Graph } from '../../../src/inspector/onnx/file/types';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Capture } from '../../../src/inspector/capture/capture';
import { saveCapture } from '../../../src/inspector/capture/captureFile';
import { dumpTensors } from '../../../src/inspector/captureFile/captureTensors';
import { firstDivergence } from '../../../src/inspector/divergence/firstDivergence';
import {
  compareSources,
  openSource,
  tokensFor,
  type Source,
} from '../../../src/inspector/divergence/sources';
import { writeSafetensorsFile } from '../../../src/inspector/files/safetensorsFile';
import { inspect } from '../../../src/inspector/run/inspect';
import { ModelStore } from '../../../src/inspector/store/modelStore';
import { InspectorError } from '../../../src/protocol/errors';
import { NEVER_CANCELLED } from '../../../src/protocol/rpc';
import { Planted } from '../findings/support';
import { wordModel, WORDS_TEXT } from '../support/wordModel';
import { withWeight } from './support';

describe('first divergence of captures', function () {
  this.timeout(120_000);
  const planted = new Planted();
  const store = new ModelStore();
  let scratch: string;
  let healthy: string;
  let folder: string;
  let before_: Capture;
  let after_: Capture;

  const run = (model: string, text = WORDS_TEXT) =>
    inspect({ model, text, maximumTokens: 64 }, store, () => Promise.resolve());
  const compared = async (a: Source, b: Source, text = WORDS_TEXT) => {
    const { tokens, notes } = await tokensFor(a, b, text, '');
    return compareSources(a, b, tokens, notes, {
      heed: () => Promise.resolve(),
      report: () => undefined,
    });
  };

  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'attention-debugger-captures-'));
    healthy = wordModel(scratch, 'llama__legacy_eager_op14', 'healthy');
    const graph = (one: Graph) =>
      withWeight(one, '/model/layers.0/mlp/up_proj/MatMul', values => values.fill(0, 0, 99));
    folder = planted.plant(healthy, { graph });
    before_ = await run(healthy);
    after_ = await run(folder);
  });
  after(() => {
    planted.dispose();
    rmSync(scratch, { recursive: true });
  });

  it('of two models in the panel runs the models, and tells how far it is', async () => {
    const told: number[] = [];
    const pair = { before: before_, after: after_ };
    const found = await firstDivergence(pair, store, done => told.push(done), NEVER_CANCELLED);
    assert.deepEqual(
      found.probes.map(({ probe, first }) => [probe, first?.layer, first?.kind]),
      [
        ['text', 0, 'feedForward'],
        ['padded', 0, 'feedForward'],
        ['long', 0, 'feedForward'],
      ],
    );
    assert.match(found.probes[0]?.first?.node?.name ?? '', /layers\.0\/mlp\/up_proj\/MatMul$/);
    assert.deepEqual(
      told,
      [...told].sort((a, b) => a - b),
    );
    assert.equal(told.at(-1), 1);
  });

  it('ends where nobody waits any more', async () => {
    const signal = { aborted: true, addEventListener: () => undefined };
    const pair = { before: before_, after: after_ };
    await assert.rejects(
      firstDivergence(pair, store, () => undefined, signal),
      (error: unknown) => error instanceof InspectorError && error.code === 'cancelled',
    );
  });

  it('of a file refuses other ids than it was made of', async () => {
    const other = await run(healthy, 'the mat sat on the cat and it was warm');
    const path = join(folder, 'other.safetensors');
    await saveCapture(other, path);
    await assert.rejects(
      compared(
        { ...(await openSource(healthy, store)), tokens: before_.summary.tokens },
        await openSource(path, store),
      ),
      /is a capture of \d+ decoder tokens, and the text has \d+ with other ids/,
    );
  });

  it('of a file compares what it holds with another model, and says what it does not hold', async () => {
    const path = join(folder, 'capture.safetensors');
    await saveCapture(before_, path);
    const found = await compared(
      await openSource(path, store),
      await openSource(folder, store),
      'the cat',
    );
    const [{ first } = { first: undefined }] = found.probes;
    // What the network adds is not in the file: the stream after it is the first place.
    assert.deepEqual([found.probes.length, first?.layer, first?.kind], [1, 1, 'residual']);
    assert.match(
      found.missing.join('\n'),
      /capture\.safetensors is a capture, which holds the text itself alone/,
    );
    assert.match(
      found.missing.join('\n'),
      /feed-forward network is not compared in layers 0 and 1: capture\.safetensors does not show it/,
    );
  });

  it('of a file that was made elsewhere takes the ids of the text, and no scores that it does not have', async () => {
    const path = join(folder, 'made.safetensors');
    const tensors = dumpTensors(before_.run).filter(({ name }) => !/scores$/i.test(name));
    await writeSafetensorsFile(path, tensors, {});
    const [a, b] = [await openSource(healthy, store), await openSource(path, store)];
    const found = await compared(a, b);
    assert.equal(found.probes[0]?.first, null);
    assert.ok(found.probes[0].cells.some(({ kind }) => kind === 'weights'));
    assert.match(
      found.missing.join('\n'),
      /masked scores are not compared in layers 0 and 1: made\.safetensors does not/,
    );
    await assert.rejects(
      compared(a, b, 'the cat'),
      /made\.safetensors is a capture of \d+ decoder tokens, and the text has \d+: give the text/,
    );
  });
});
