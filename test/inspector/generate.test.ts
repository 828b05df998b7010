import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { generate } from '../../src/inspector/run/generate';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { createTokenizer } from '../../src/inspector/tokenizer/createTokenizer';
import { decodeTokens } from '../../src/inspector/tokenizer/decodeTokens';
import type { InspectProgress } from '../../src/protocol/capture';
import { wordModel, WORDS_TEXT } from './support/wordModel';

describe('generated targets', function () {
  this.timeout(300_000);
  const store = new ModelStore();
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-generate-'))));
  after(() => rm(scratch, { recursive: true }));

  const t5 = () => wordModel(scratch, 't5__legacy_eager_op14');
  const configured = (name: string, change: object) => {
    const folder = wordModel(scratch, 't5__legacy_eager_op14', name);
    const file = join(folder, 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...config, ...change }));
    return folder;
  };
  const write = async (model: string, maximumTokens = 64) => {
    const progress: InspectProgress[] = [];
    const { target } = await generate({ model, text: WORDS_TEXT, maximumTokens }, store, value => {
      progress.push(value);
      return Promise.resolve();
    });
    return { target, progress };
  };
  /** What the decoder reads with a target, and the token that is most probable after each. */
  const read = async (model: string, target: string) => {
    const params = { model, text: WORDS_TEXT, target, maximumTokens: 64 };
    const { summary, run } = await inspect(params, store, () => Promise.resolve());
    const ids = summary.tokens.decoder?.map(({ id }) => id) ?? [];
    const width = run.logits?.dims[2] ?? 0;
    const best = ids.map((_, i) => {
      const row = run.logits?.data.subarray(i * width, (i + 1) * width) ?? [];
      // Words, and the end: what the tokenizer has names for.
      const named = [...row].map((logit, id) => (id >= 3 && id < 13 ? logit : -Infinity));
      return named.indexOf(Math.max(...named));
    });
    return { ids, best, target: summary.target };
  };

  it('put back, give the tokens that were the most probable at each step', async () => {
    const model = configured('endless', { eos_token_id: 90 });
    const { target, progress } = await write(model, 12);
    assert.equal(target.split(' ').length, 11, target);
    const { ids, best, target: given } = await read(model, target);
    assert.equal(given, target);
    assert.deepEqual(ids.slice(1), best.slice(0, -1));
    assert.equal(progress.filter(({ stage }) => stage === 'generating').length, 11);
    assert.equal(progress.at(-1)?.label, 'The model writes its answer: 10 tokens');
  });

  it('are the same with a graph for each stack', async () => {
    const folder = configured('pair', { eos_token_id: 90 });
    await rm(join(folder, 'model.onnx'));
    for (const [part, name] of [
      ['encoder', 't5__splitenc_legacy_eager_op14'],
      ['decoder', 't5__splitdec_legacy_eager_op14'],
    ] as const) {
      mkdirSync(join(folder, 'onnx'), { recursive: true });
      cpSync(
        resolve('test/fixtures/onnx', name, 'model.onnx'),
        join(folder, 'onnx', `${part}_model.onnx`),
      );
    }
    const whole = await write(configured('endless', { eos_token_id: 90 }), 12);
    assert.equal((await write(folder, 12)).target, whole.target);
  });

  it('end before the token that ends them, which may be one of several', async () => {
    const endless = configured('endless', { eos_token_id: 90 });
    const { ids } = await read(endless, (await write(endless, 12)).target);
    const end = ids.findIndex((id, i) => i > 1 && ids.indexOf(id) === i);
    assert.ok(end > 1, `the answer has another token: ${ids.join()}`);
    const { target } = await write(configured('ending', { eos_token_id: [90, ids[end]] }), 12);
    assert.equal(target.split(' ').length, end - 1);
  });

  it('leave room for the start token, and stop at 128 tokens', async () => {
    assert.equal((await write(t5(), 1)).target, '');
    const model = configured('long', { eos_token_id: 90 });
    const { target } = await write(model, 1000);
    assert.ok(target.split(' ').length <= 128, `${target.split(' ').length}`);
  });

  it('need an encoder and a decoder', async () => {
    const model = resolve('models/decoder');
    await assert.rejects(write(model), {
      code: 'inputs-wrong',
      message: /decoder writes no answer of its own: only models with an encoder and a decoder/,
    });
  });

  it('are put together by the tokenizer’s own decoder, so that they split the same', () => {
    for (const name of ['encoder', 'decoder']) {
      const json: unknown = JSON.parse(
        readFileSync(resolve('models', name, 'tokenizer.json'), 'utf8'),
      );
      const tokenizer = createTokenizer(json);
      const ids = (text: string) =>
        tokenizer.encode(text, { addSpecialTokens: false }).tokens.map(({ id }) => id);
      for (const text of ['the tiger was thirsty', ' it was warm, wasn’t it?', 'a mat']) {
        assert.deepEqual(ids(decodeTokens(json, ids(text))), ids(text), text);
      }
      assert.equal(decodeTokens(json, []), '');
    }
    assert.throws(() => decodeTokens({ model: {}, decoder: { type: 'None' } }, [1]), {
      code: 'tokenizer-broken',
      message: /its decoder fails/,
    });
  });
});
