import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CaptureSummary, InspectProgress, WeightMap } from '../../src/protocol/capture';
import type { InspectorApi } from '../../src/protocol/inspector';
import { Caller } from '../../src/protocol/rpc';
import { BLOCKED, weightCode } from '../../src/protocol/weightCode';

const tiger = 'The tiger jumped out of a tree to get a drink because it was thirsty.';
const encoder = resolve('models/encoder');
const decoder = resolve('models/decoder');

describe('the inspector process', function () {
  this.timeout(300_000);
  let child: ChildProcess;
  let caller: Caller<InspectorApi>;
  let scratch: string;

  const inspect = (model: string, text: string, maximumTokens = 512) =>
    caller.call('inspect', { model, text, maximumTokens });

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-'));
    child = fork(resolve('src/inspector/process.ts'), {
      serialization: 'advanced',
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    });
    caller = new Caller<InspectorApi>({
      post: message => void child.send(message as object),
      listen: listener => {
        child.on('message', listener);
        return () => child.off('message', listener);
      },
    });
  });
  after(async () => {
    const exited = once(child, 'exit');
    child.disconnect();
    const [code] = (await exited) as [number | null];
    assert.equal(code, 0, 'the process ends by itself when its channel closes');
    await rm(scratch, { recursive: true });
  });

  it('reports its stages in order, tokens before the model runs', async () => {
    const seen: InspectProgress[] = [];
    await caller.call(
      'inspect',
      { model: encoder, text: tiger, maximumTokens: 512 },
      { onProgress: value => seen.push(value as InspectProgress) },
    );
    const stages = seen.map(({ stage }) => stage);
    assert.deepEqual(stages, ['loading', 'tokenizing', 'loading', 'running']);
    assert.equal(seen.at(-1)?.tokens?.length, 18);
    assert.match(seen.at(-1)?.label ?? '', /18 tokens through 6 layers/);
  });

  it('gives slices that agree with each other', async () => {
    const { id } = await inspect(encoder, tiger);
    const block = { stack: 'encoder', kind: 'self' } as const;
    const [layer, head, query] = [4, 3, 13];
    const map = await caller.call('map', { capture: id, block, layer, head });
    const row = await caller.call('row', { capture: id, block, layer, head, query });
    const overview = await caller.call('overview', { capture: id, block });
    const pair = await caller.call('pair', { capture: id, block, query, key: 2 });

    assert.deepEqual([map.queries, map.keys], [18, 18]);
    const sum = row.weights.reduce((total, weight) => total + weight, 0);
    assert.ok(Math.abs(sum - 1) < 1e-5);
    const codes = [...row.weights].map(weightCode);
    assert.deepEqual([...map.codes.slice(query * 18, (query + 1) * 18)], codes);
    const picture = (layer * overview.heads + head) * 18 * 18;
    assert.deepEqual([...overview.codes.slice(picture, picture + 324)], [...map.codes]);
    assert.equal(pair.weights[layer * pair.heads + head], row.weights[2]);
    assert.ok((row.weights[2] ?? 0) > 0.9, '“it” attends to “tiger” in L4H3');
    row.scores?.forEach((score, key) => {
      assert.ok(Math.abs(score - (row.maskedScores?.[key] ?? NaN)) < 1e-4, 'nothing is masked');
    });
  });

  it('gives a mean row that is the mean of the heads', async () => {
    const { id } = await inspect(encoder, tiger);
    const at = { capture: id, block: { stack: 'encoder', kind: 'self' }, layer: 2 } as const;
    const mean = await caller.call('row', { ...at, head: 'mean', query: 4 });
    const heads = await Promise.all(
      [0, 1, 2, 3].map(head => caller.call('row', { ...at, head, query: 4 })),
    );
    mean.weights.forEach((weight, key) => {
      const sum = heads.reduce((total, row) => total + (row.weights[key] ?? NaN), 0);
      assert.ok(Math.abs(weight - sum / 4) < 1e-6);
    });
    assert.equal(mean.scores, undefined);
  });

  it('blocks what the decoder may not see: exactly 0, and coded as blocked', async () => {
    const { id, tokens } = await inspect(decoder, tiger);
    const n = tokens.decoder?.length ?? 0;
    assert.equal(n, 17);
    for (let layer = 0; layer < 6; layer++) {
      for (let head = 0; head < 4; head++) {
        const at = { capture: id, block: { stack: 'decoder', kind: 'self' }, layer, head } as const;
        const map: WeightMap = await caller.call('map', at);
        for (let query = 0; query < n; query++) {
          for (let key = 0; key < n; key++) {
            const blocked: boolean = map.codes[query * n + key] === BLOCKED;
            assert.equal(blocked, key > query, `L${layer}H${head} ${query} → ${key}`);
          }
        }
        const row = await caller.call('row', { ...at, query: 3 });
        assert.deepEqual(
          [...row.weights.slice(4)],
          Array.from({ length: n - 4 }, () => 0),
        );
      }
    }
  });

  it('cuts a long text to the limit and says how long it was', async () => {
    const long = 'The tiger jumped out of a tree. '.repeat(625);
    assert.equal(long.length, 20_000);
    const { tokens, totalTokens } = await inspect(encoder, long, 64);
    assert.equal(tokens.encoder?.length, 64);
    assert.equal(tokens.encoder.at(-1)?.token, '[SEP]');
    assert.ok(totalTokens > 5000);
  });

  it('gives emoji and CJK text exact ranges', async () => {
    const text = '👩🏽‍💻 écrit 你好 to 東京';
    for (const model of [encoder, decoder]) {
      const summary: CaptureSummary = await inspect(model, text);
      const tokens = Object.values(summary.tokens).flat();
      const covered = tokens.filter(({ special }) => !special);
      for (const { start, end, text: shown } of covered) {
        assert.ok(start <= end && end <= text.length);
        assert.equal(shown === '', start === end, 'only a trimmed space stands for nothing');
      }
      const kanji = covered.filter(({ start, end }) => text.slice(start, end) === '京');
      assert.ok(kanji.length > 0, `${summary.model.name}: 京 has its own tokens`);
    }
  });

  describe('says what to do when', () => {
    const fails = async (model: string, text: string, code: string, sentence: RegExp) => {
      await assert.rejects(inspect(model, text), (error: Error & { code: string }) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, sentence);
        assert.ok(error.message.length < 400, error.message);
        return true;
      });
      await inspect(encoder, 'The next run works.');
    };

    it('there is no text', () => fails(encoder, '', 'text-empty', /Select some text/));
    it('there is only white space', () => fails(encoder, ' \n\t ', 'text-empty', /Select some/));
    it('there is no such model', () =>
      fails(join(scratch, 'nowhere'), 'Hello', 'model-missing', /nowhere.*Choose another model/s));
    it('the folder has no tokenizer', async () => {
      await cp(encoder, join(scratch, 'silent'), { recursive: true });
      await rm(join(scratch, 'silent/tokenizer.json'));
      await fails(join(scratch, 'silent'), 'Hello', 'tokenizer-missing', /tokenizer\.json/);
    });
    it('the model file is cut short', async () => {
      await cp(encoder, join(scratch, 'short'), { recursive: true });
      await truncate(join(scratch, 'short/model.onnx'), 1_000_000);
      await fails(join(scratch, 'short'), 'Hello', 'model-broken', /model\.onnx/);
    });
    it('the model file is something else', async () => {
      await cp(encoder, join(scratch, 'other'), { recursive: true });
      await writeFile(
        join(scratch, 'other/model.onnx'),
        'version https://git-lfs.github.com/spec/v1',
      );
      await fails(join(scratch, 'other'), 'Hello', 'model-broken', /model\.onnx/);
    });
    it('the folder has no model file', async () => {
      await cp(encoder, join(scratch, 'empty'), { recursive: true });
      await rm(join(scratch, 'empty/model.onnx'));
      await rm(join(scratch, 'empty/model.safetensors'));
      await fails(join(scratch, 'empty'), 'Hello', 'model-missing', /\.onnx/);
    });
    it('the tokenizer belongs to another model', async () => {
      await cp(encoder, join(scratch, 'mixed'), { recursive: true });
      const foreign = JSON.stringify({
        version: '1.0',
        added_tokens: [],
        normalizer: null,
        pre_tokenizer: { type: 'Whitespace' },
        post_processor: null,
        decoder: null,
        model: { type: 'WordLevel', vocab: { Hello: 30_611, '[UNK]': 0 }, unk_token: '[UNK]' },
      });
      await writeFile(join(scratch, 'mixed/tokenizer.json'), foreign);
      const sentence = /30,611 is outside the model's 8,192 entries/;
      await fails(join(scratch, 'mixed'), 'Hello', 'vocabulary-mismatch', sentence);
    });
    it('a slice of a run is asked for that is gone', async () => {
      const block = { stack: 'encoder', kind: 'self' } as const;
      const gone = caller.call('overview', { capture: 'gone', block });
      await assert.rejects(gone, { code: 'capture-missing' });
    });
    it('a slice is asked for that is not there', async () => {
      const { id } = await inspect(encoder, 'Hello');
      const block = { stack: 'encoder', kind: 'self' } as const;
      const map = (layer: number, head: number) =>
        caller.call('map', { capture: id, block, layer, head });
      await assert.rejects(map(0, 4), /no head 4/);
      await assert.rejects(map(6, 0), /Layer 6/);
      const cross = { stack: 'decoder', kind: 'cross' } as const;
      await assert.rejects(
        caller.call('overview', { capture: id, block: cross }),
        /no decoder cross/,
      );
    });
  });
});
