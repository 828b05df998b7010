import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { deriveWeights, isDerivable } from '../../src/inspector/attention/deriveWeights';
import { isBlocked } from '../../src/inspector/attention/masks';
import { modelFolder } from '../../src/inspector/source/source';
import { decoderStartToken } from '../../src/inspector/huggingface/specialTokens';
import { inspect } from '../../src/inspector/run/inspect';
import { EVERYTHING } from '../../src/inspector/run/inspect';
import { openModel } from '../../src/inspector/model/openModel';
import { ModelStore } from '../../src/inspector/store/modelStore';
import type { Block, HeadChoice } from '../../src/protocol/capture';
import { wordModel, WORDS_TEXT } from './support/wordModel';

const cases = resolve('test/fixtures/onnx');
const quiet = () => Promise.resolve();
const at = (stack: Block['stack'], kind: Block['kind'], layer: number, head: HeadChoice) => ({
  block: { stack, kind },
  layer,
  head,
});

describe('captures', function () {
  this.timeout(600_000);
  let scratch: string;
  before(() => (scratch = mkdtempSync(join(tmpdir(), 'attention-debugger-capture-'))));
  after(() => rmSync(scratch, { recursive: true }));

  const withWords = (name: string, as?: string) => wordModel(scratch, name, as);
  const text = WORDS_TEXT;

  it('derives from query and key what the model computed, wherever it says that it can', async () => {
    let compared = 0;
    for (const name of readdirSync(cases).filter(folder => !folder.includes('.'))) {
      const model = await openModel(join(cases, name)).catch(() => undefined);
      if (
        !model ||
        model.card.stacks.length > 1 ||
        !model.card.sites.some(site => isDerivable(site, 9))
      )
        continue;
      if (!model.inputs.some(input => input.name === 'input_ids')) continue;
      const data = BigInt64Array.from({ length: 9 }, (_, i) => BigInt(5 + ((i * 7) % 20)));
      const run = await model
        .run({ input_ids: { dims: [1, 9], data } }, EVERYTHING)
        .catch(() => undefined);
      for (const { site, query, key, weights, maskedScores } of run?.sites ?? []) {
        if (!isDerivable(site, 9) || !query || !key || !weights || !maskedScores) continue;
        const [, heads = 0, queries = 0, keys = 0] = weights.dims;
        const rows = Array.from({ length: queries }, (_, row) => row);
        for (let head = 0; head < heads; head++) {
          const derived = await deriveWeights(site, query, key, head, rows);
          const start = head * queries * keys;
          derived.weights.forEach((weight, i) => {
            const actual = weights.data[start + i] ?? NaN;
            const where = `${name} L${site.layer}H${head} [${i}]`;
            assert.ok(Math.abs(weight - actual) < 1e-5, `${where}: ${weight}, model ${actual}`);
            const blocked = isBlocked(maskedScores.data[start + i] ?? NaN);
            assert.equal(isBlocked(derived.maskedScores[i] ?? NaN), blocked, where);
          });
          compared++;
        }
      }
      await model.dispose();
    }
    console.log(`      ${compared} heads compared`);
    assert.ok(compared > 100);
  });

  for (const name of ['gpt2__legacy_eager_op14', 'bloom__legacy_eager_op14']) {
    it(`${name.split('__')[0] ?? ''} gives the same slices when its maps do not fit into memory`, async () => {
      const store = new ModelStore();
      const params = { model: withWords(name), text, maximumTokens: 64 };
      const kept = await inspect(params, store, quiet);
      const lean = await inspect({ ...params, memoryBudget: 1 }, store, quiet);
      assert.deepEqual(kept.summary.notes, []);
      assert.match(lean.summary.notes?.[0] ?? '', /10 tokens need .* each map is computed/);
      assert.equal(lean.run.sites[0]?.weights, undefined, 'no map is kept');

      const block: Block = { stack: 'decoder', kind: 'self' };
      for (const layer of [0, 1]) {
        for (const head of [0, 1, 'mean', 'max'] as const) {
          const [a, b] = await Promise.all(
            [kept, lean].map(each => each.map({ block, layer, head })),
          );
          assert.deepEqual(b?.codes.length, a?.codes.length);
          a?.codes.forEach((code, i) => {
            assert.ok(Math.abs(code - (b?.codes[i] ?? NaN)) <= 1, `code ${i}`);
            assert.equal(code === 0, b?.codes[i] === 0, 'blocked alike');
          });
        }
        const [a, b] = await Promise.all(
          [kept, lean].map(each => each.row({ block, layer, head: 1, query: 6 })),
        );
        a?.weights.forEach((w, key) => assert.ok(Math.abs(w - (b?.weights[key] ?? NaN)) < 1e-6));
        assert.deepEqual(a?.allowed, b?.allowed);
      }
      const [a, b] = await Promise.all([kept, lean].map(each => each.overview(block)));
      assert.deepEqual(b?.codes.length, a?.codes.length);
      assert.equal(b?.isSampled, undefined, 'ten rows need no sample');
    });
  }

  it('runs an encoder–decoder on a text and a target: three blocks, maps that are not square', async () => {
    const store = new ModelStore();
    const params = { model: withWords('t5__legacy_eager_op14'), text, maximumTokens: 64 };
    const capture = await inspect({ ...params, target: 'it was warm' }, store, quiet);
    const { tokens } = capture.summary;
    assert.equal(tokens.encoder?.length, 10);
    assert.deepEqual(tokens.decoder?.map(token => token.text).slice(1), ['it', 'was', 'warm']);
    assert.equal(tokens.decoder[0]?.special, true);
    const cross = await capture.map(at('decoder', 'cross', 0, 0));
    assert.deepEqual([cross.queries, cross.keys], [4, 10]);
    const self = await capture.map(at('decoder', 'self', 0, 0));
    assert.deepEqual([self.queries, self.keys], [4, 4]);
    const encoder = await capture.map(at('encoder', 'self', 1, 'mean'));
    assert.deepEqual([encoder.queries, encoder.keys], [10, 10]);
    assert.equal(self.codes[1], 0, 'the decoder does not look ahead');
  });

  it('says so where a target is given to a model of one stack', async () => {
    const params = { model: withWords('bert__legacy_eager_op14'), text, maximumTokens: 64 };
    await assert.rejects(
      inspect({ ...params, target: 'it' }, new ModelStore(), quiet),
      /takes no target/,
    );
  });

  it('says so where the tokenizer makes nothing of a text', async () => {
    const folder = withWords('bert__legacy_eager_op14', 'bert-silent');
    const file = join(folder, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(file, 'utf8')) as object;
    const normalizer = { type: 'Replace', pattern: { Regex: '.*' }, content: '' };
    writeFileSync(file, JSON.stringify({ ...tokenizer, normalizer }));
    await assert.rejects(
      inspect({ model: folder, text, maximumTokens: 64 }, new ModelStore(), quiet),
      { code: 'text-empty' },
    );
  });

  it('reads a model again whose files changed, and mixes no two exports in a capture', async () => {
    const folder = withWords('bloom__legacy_eager_op14', 'bloom-exported-twice');
    const store = new ModelStore();
    const params = { model: folder, text, maximumTokens: 64 };
    const lean = await inspect({ ...params, memoryBudget: 1 }, store, quiet);
    const block: Block = { stack: 'decoder', kind: 'self' };
    await lean.map({ block, layer: 0, head: 0 });
    for (const file of ['config.json', 'model.onnx'])
      cpSync(join(cases, 'bert__legacy_eager_op14', file), join(folder, file));
    await assert.rejects(lean.map({ block, layer: 1, head: 0 }), { code: 'capture-missing' });
    const { summary } = await inspect(params, store, quiet);
    assert.deepEqual(summary.model.stacks, ['encoder']);
  });

  it('takes the decoder’s own start token before any other file’s first token', async () => {
    const folder = join(scratch, 'start');
    mkdirSync(folder);
    writeFileSync(join(folder, 'generation_config.json'), '{"bos_token_id": 7}');
    writeFileSync(join(folder, 'config.json'), '{"decoder_start_token_id": 9, "bos_token_id": 7}');
    assert.equal(await decoderStartToken(folder), 9);
  });

  it('finds the tokenizer above a folder “onnx”', async () => {
    const folder = join(scratch, 'layout');
    mkdirSync(join(folder, 'onnx'), { recursive: true });
    writeFileSync(join(folder, 'tokenizer.json'), '{}');
    writeFileSync(join(folder, 'onnx', 'model.onnx'), '');
    for (const path of ['', 'onnx', 'onnx/model.onnx']) {
      assert.equal(await modelFolder(join(folder, path)), folder);
    }
  });

  it('starts the decoder with its start token where there is no target', async () => {
    const params = { model: withWords('bart__legacy_sdpa_op17'), text, maximumTokens: 64 };
    const capture = await inspect(params, new ModelStore(), quiet);
    assert.equal(capture.summary.tokens.decoder?.length, 1);
    assert.match(capture.summary.notes?.[0] ?? '', /reads its start token only/);
  });
});
