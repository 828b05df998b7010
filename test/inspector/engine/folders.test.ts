import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeFolder } from '../../../src/inspector/source/home';
import type { CaptureRequest } from '../../../src/inspector/model/run';
import { listVariants } from '../../../src/inspector/source/source';
import { openModel } from '../../../src/inspector/model/openModel';
import * as ort from '../../../src/inspector/runtime/ort';
import { GraphBuilder, save } from './support/graphs';
import { fixture, readCase, referenceOf, worstError } from './support/cases';

const everything: CaptureRequest = {
  weights: true,
  queryKeyValue: true,
  maskedScores: true,
  headOutput: true,
  hiddenStates: true,
  logits: true,
};

describe('model folders', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'attention-debugger-folders-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const place = (name: string, file: string) => {
    mkdirSync(join(folder, 'onnx'), { recursive: true });
    cpSync(join(fixture(name), 'model.onnx'), join(folder, file));
  };

  it('of an encoder and a decoder are one model', async () => {
    place('t5__splitenc_legacy_eager_op14', 'encoder_model.onnx');
    place('t5__splitdec_legacy_eager_op14', 'decoder_model.onnx');
    const whole = readCase(fixture('t5__legacy_eager_op14'));
    const model = await openModel(folder, { threads: 1 });
    assert.deepEqual(model.card.stacks, ['encoder', 'decoder']);
    assert.deepEqual(
      model.inputs.map(({ name }) => name).filter(name => name.endsWith('input_ids')),
      ['input_ids', 'decoder_input_ids'],
    );
    const run = await model.run(whole.feeds, everything);
    for (const [i, { site, weights }] of run.sites.entries()) {
      const expected = referenceOf(whole, `site.${i}.weights`);
      assert.ok(expected && worstError(weights, expected) < 1e-4, `${site.stack} ${site.layer}`);
    }
    const logits = referenceOf(whole, 'logits');
    assert.ok(logits && worstError(run.logits, logits) < 1e-4);
    assert.ok(run.hiddenStates.encoder && run.hiddenStates.decoder);

    // The third site is the decoder's first: index 2 of the whole model, 0 of its own graph.
    const headScale = new Float32Array(model.card.sites[2]?.heads ?? 0).fill(1);
    headScale[1] = 0;
    const changed = await model.run(whole.feeds, everything, [{ site: 2, headScale }]);
    assert.deepEqual(changed.hiddenStates.encoder, run.hiddenStates.encoder);
    assert.notDeepEqual(changed.logits, run.logits);
    await model.dispose();
  });

  it('of a pair whose encoder has no attention show the decoder, and say why', async () => {
    const graph = new GraphBuilder();
    const embedded = graph.op('Gather', [graph.weight(53, 20), 'input_ids']);
    const states = graph.op('Tanh', [graph.op('MatMul', [embedded, graph.weight(20, 20)])]);
    cpSync(save(graph, states), join(folder, 'encoder_model.onnx'));
    place('t5__splitdec_legacy_eager_op14', 'decoder_model.onnx');
    const whole = readCase(fixture('t5__legacy_eager_op14'));
    const { input_ids, decoder_input_ids } = whole.feeds;
    assert.ok(input_ids && decoder_input_ids);
    const model = await openModel(folder, { threads: 1 });
    const { stacks, layers, sites, notes } = model.card;
    assert.deepEqual(stacks, ['encoder', 'decoder']);
    assert.deepEqual(layers, { encoder: 0, decoder: 2 });
    assert.ok(sites.every(({ stack, check }) => stack === 'decoder' && check.result === 'exact'));
    assert.match(notes[0] ?? '', /^The encoder is run but not shown\. No attention was found/);
    const run = await model.run({ input_ids, decoder_input_ids }, everything);
    await model.dispose();

    // The decoder alone, fed the states that the encoder alone puts out.
    const session = await ort.InferenceSession.create(join(folder, 'encoder_model.onnx'));
    const ids = new ort.Tensor('int64', input_ids.data as BigInt64Array, input_ids.dims);
    const memory = (await session.run({ input_ids: ids }))[states];
    assert.ok(memory);
    const alone = await openModel(join(folder, 'decoder_model.onnx'), { threads: 1 });
    const expected = await alone.run(
      {
        input_ids: decoder_input_ids,
        encoder_hidden_states: { dims: memory.dims, data: memory.data as Float32Array },
      },
      everything,
    );
    await alone.dispose();
    assert.equal(run.sites.length, 4);
    for (const [i, { weights }] of run.sites.entries()) {
      const own = expected.sites[i]?.weights;
      assert.ok(own && worstError(weights, own) < 1e-6);
    }
    assert.ok(expected.logits && worstError(run.logits, expected.logits) < 1e-5);
  });

  it('of a pair whose decoder has no attention show the encoder, and say why', async () => {
    place('t5__splitenc_legacy_eager_op14', 'encoder_model.onnx');
    place('cnn__legacy_op14', 'decoder_model.onnx');
    const model = await openModel(folder, { threads: 1 });
    assert.deepEqual(model.card.stacks, ['encoder']);
    assert.match(model.card.notes[0] ?? '', /^The decoder is not shown, .* No attention was found/);
    await model.dispose();
  });

  it('are opened with their configuration also by the path of onnx/', async () => {
    place('bert__legacy_eager_op14', 'onnx/model.onnx');
    const config = join(fixture('bert__legacy_eager_op14'), 'config.json');
    cpSync(config, join(folder, 'config.json'));
    const model = await openModel(join(folder, 'onnx'), { threads: 1 });
    assert.notEqual(model.card.architecture, 'unknown');
    await model.dispose();
  });

  it('have one home for their configuration and tokenizer', () => {
    const onnx = join(folder, 'onnx');
    const graph = join(onnx, 'model.onnx');
    mkdirSync(onnx);
    assert.equal(homeFolder(onnx), onnx, 'nothing tells of another one');
    writeFileSync(join(folder, 'config.json'), '{}');
    assert.equal(homeFolder(graph), folder);
    writeFileSync(join(onnx, 'config.json'), '{}');
    assert.equal(homeFolder(graph), onnx);
    writeFileSync(join(folder, 'tokenizer.json'), '{}');
    assert.equal(homeFolder(graph), folder, 'the tokenizer is the surer sign');
    assert.equal(homeFolder(onnx), folder);
    assert.equal(homeFolder(join(folder, 'model.onnx')), folder);
    assert.equal(homeFolder(folder), folder);
  });

  it('whose model.onnx is a folder are refused in one sentence', async () => {
    mkdirSync(join(folder, 'model.onnx'));
    await assert.rejects(openModel(folder), { code: 'model-missing', message: /is not a file/ });
  });

  it('may keep their graphs in onnx/, and offer other precisions', async () => {
    place('bert__legacy_eager_op14', 'onnx/model.onnx');
    place('bert__int8dyn_legacy_eager_op14', 'onnx/model_quantized.onnx');
    cpSync(join(fixture('bert__legacy_eager_op14'), 'config.json'), join(folder, 'config.json'));
    const variants = listVariants(folder);
    assert.deepEqual(
      variants.map(file => file.slice(folder.length + 1)),
      [join('onnx', 'model.onnx'), join('onnx', 'model_quantized.onnx')],
    );
    for (const [path, precision] of [
      [folder, 'float32'],
      [variants[1] ?? '', 'int8'],
    ] as const) {
      const { card, dispose } = await opened(path);
      assert.equal(card.precision, precision);
      assert.equal(card.architecture, 'BertForMaskedLM');
      await dispose();
    }
  });

  it('may consist of symbolic links into a cache, external data included', async () => {
    const source = fixture('bert__extdata_dynamo_sdpa_op18');
    const cache = join(folder, 'blobs');
    const snapshot = join(folder, 'snapshots', 'main');
    mkdirSync(cache);
    mkdirSync(snapshot, { recursive: true });
    for (const [i, file] of ['model.onnx', 'model.onnx.data', 'config.json'].entries()) {
      cpSync(join(source, file), join(cache, `sha256-${i}`));
      symlinkSync(join(cache, `sha256-${i}`), join(snapshot, file));
    }
    const { card, dispose } = await opened(snapshot);
    assert.equal(card.outputCheck.result, 'exact');
    await dispose();
  });

  it('with one graph of any name open it', async () => {
    place('gpt2__legacy_eager_op14', 'exported by hand ü.onnx');
    const { card, dispose } = await opened(folder);
    assert.deepEqual(card.stacks, ['decoder']);
    await dispose();
  });
});

async function opened(path: string) {
  const model = await openModel(path, { threads: 1 });
  return { card: model.card, dispose: () => model.dispose() };
}
