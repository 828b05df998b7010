import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InspectorError, type ErrorCode } from '../../../src/protocol/errors';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import { openModel } from '../../../src/inspector/model/openModel';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import { fixture } from './support/cases';
import { GraphBuilder, modelWith, plainAttention, save, small } from './support/graphs';
import type { CaptureRequest, Feeds } from '../../../src/inspector/model/run';

const logitsOnly: CaptureRequest = {
  weights: false,
  queryKeyValue: false,
  maskedScores: false,
  headOutput: false,
  hiddenStates: false,
  logits: true,
};

/** Fails with the code and a sentence of the right content that ends like one. */
async function rejects(promise: Promise<unknown>, code: ErrorCode, pattern: RegExp): Promise<void> {
  await assert.rejects(promise, error => {
    assert.ok(error instanceof InspectorError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    assert.match(error.message, /^[A-Z/“].*\.$/s);
    return true;
  });
}

describe('models that cannot be shown say why', () => {
  let folder: string;
  const file = () => join(folder, 'model.onnx');
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'attention-debugger-errors-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('a path that is not there', () =>
    rejects(openModel(join(folder, 'nothing')), 'model-missing', /There is no model at/));

  it('a folder without a model', () =>
    rejects(openModel(folder), 'model-missing', /holds no ONNX model/));

  it('a file that is no ONNX', async () => {
    writeFileSync(file(), 'This is not a model. '.repeat(100));
    await rejects(openModel(file()), 'model-broken', /not a complete ONNX file/);
  });

  it('an empty file', async () => {
    writeFileSync(file(), '');
    await rejects(openModel(file()), 'model-broken', /it holds no graph/);
  });

  it('a file that was cut off', async () => {
    cpSync(fixture('bert__legacy_eager_op14'), folder, { recursive: true });
    truncateSync(file(), Math.floor(readFileSync(file()).length / 2));
    await rejects(openModel(folder), 'model-broken', /not a complete ONNX file/);
  });

  it('a network without attention', () =>
    rejects(openModel(fixture('cnn__legacy_op14')), 'model-unsupported', /No attention was found/));

  it('a softmax that is no attention', async () => {
    const graph = new GraphBuilder();
    const hidden = graph.op('Gather', [graph.weight(small.vocabulary, small.width), 'input_ids']);
    const gate = graph.op('Softmax', [graph.op('MatMul', [hidden, graph.weight(small.width, 4)])]);
    await rejects(
      openModel(save(graph, gate)),
      'model-unsupported',
      /no product of queries and keys/,
    );
  });

  it('external data that is missing', async () => {
    cpSync(fixture('bert__extdata_dynamo_sdpa_op18'), folder, { recursive: true });
    rmSync(join(folder, 'model.onnx.data'));
    await rejects(openModel(folder), 'model-broken', /“model.onnx.data”, which is missing/);
  });

  it('external data that is too short', async () => {
    cpSync(fixture('bert__extdata_dynamo_sdpa_op18'), folder, { recursive: true });
    truncateSync(join(folder, 'model.onnx.data'), 1000);
    await rejects(openModel(folder), 'model-broken', /reach past the end of “model.onnx.data”/);
  });

  for (const [location, reason] of [
    ['/etc/passwd', /not inside the model's folder/],
    ['../model.onnx.data', /not inside the model's folder/],
    ['sub/../../x', /not inside the model's folder/],
    ['C:\\weights.bin', /not inside the model's folder/],
    ['', /not inside the model's folder/],
  ] as const) {
    it(`external data at “${location}”`, async () => {
      const path = withExternalWeight({ location, offset: '0', length: '48' });
      await rejects(openModel(path), 'model-broken', reason);
    });
  }

  for (const [entries, reason] of [
    [{ offset: '4096', length: '48' }, /reach past the end/],
    [{ offset: '17', length: '48' }, /reach past the end/],
    [{ offset: '9007199254740990', length: '48' }, /reach past the end/],
    [{ offset: '4294967296', length: '48' }, /reach past the end/],
    [{ offset: '-8', length: '48' }, /byte “-8” .* no place in a file/],
    [{ offset: '0', length: '-48' }, /“-48” bytes long, which is no place in a file/],
    [{ offset: '0', length: '18446744073709551615' }, /no place in a file/],
    [{ offset: '18446744073709551616', length: '48' }, /no place in a file/],
    [{ offset: '1e3', length: '48' }, /no place in a file/],
    [{ offset: '0x10', length: '48' }, /no place in a file/],
    [{ offset: '0', length: '40' }, /40 bytes .* where its shape needs 48/],
  ] as const) {
    it(`external data from ${entries.offset}, ${entries.length} bytes`, async () => {
      const path = withExternalWeight({ location: 'weights.bin', ...entries });
      writeFileSync(join(dirname(path), 'weights.bin'), new Uint8Array(64));
      await rejects(openModel(path), 'model-broken', reason);
    });
  }
});

/** A model whose one weight of 12 floats lies outside, at a place of our choosing. */
function withExternalWeight(entries: Record<string, string>): string {
  const text = new TextEncoder();
  const field = (number: number, bytes: Iterable<number>) => {
    const content = [...bytes];
    return [number * 8 + 2, content.length, ...content];
  };
  const pairs = Object.entries(entries).flatMap(([key, value]) =>
    field(13, [...field(1, text.encode(key)), ...field(2, text.encode(value))]),
  );
  const message = new Uint8Array([8, 12, 16, ElementType.float, ...pairs, 112, 1]);
  return modelWith((graph, heads) => {
    const data = { kind: 'message', message } as const;
    const weight = { name: 'outside', dims: [12], elementType: ElementType.float, data };
    graph.initializers.set(weight.name, weight);
    return plainAttention(graph, heads);
  });
}

describe('inputs that do not fit say why', () => {
  let model: InstrumentedModel;
  before(async () => {
    model = await openModel(fixture('bert__legacy_eager_op14'), { threads: 1 });
  });
  after(() => model.dispose());
  const run = (feeds: Feeds) => model.run(feeds, logitsOnly);
  const ids = (...values: number[]) => ({
    dims: [1, values.length],
    data: BigInt64Array.from(values, BigInt),
  });

  it('no token ids', () => rejects(run({}), 'inputs-wrong', /“input_ids” is missing/));

  it('an input that the model has not', () =>
    rejects(
      run({ input_ids: ids(7), pixels: { dims: [1], data: Float32Array.of(1) } }),
      'inputs-wrong',
      /no input “pixels”: its inputs are input_ids/,
    ));

  it('a wrong rank', () =>
    rejects(
      run({ input_ids: { dims: [3], data: BigInt64Array.of(5n, 6n, 7n) } }),
      'inputs-wrong',
      /has shape \[3\] where the model takes \[/,
    ));

  it('a wrong element type', () =>
    rejects(
      run({ input_ids: { dims: [1, 2], data: Float32Array.of(5.5, 6) } }),
      'inputs-wrong',
      /was given fractions, but its element type is int64/,
    ));

  it('a shape that does not match the values', () =>
    rejects(
      run({ input_ids: { dims: [1, 4], data: BigInt64Array.of(5n) } }),
      'inputs-wrong',
      /has 1 values where its shape \[1, 4\] needs 4/,
    ));

  it('a token id outside the vocabulary', () =>
    rejects(run({ input_ids: ids(7, 99999) }), 'vocabulary-mismatch', /99999 is outside/));

  it('a negative token id', () =>
    rejects(run({ input_ids: ids(-1) }), 'vocabulary-mismatch', /-1 is outside/));

  it('a text that is too long', () =>
    rejects(
      run({ input_ids: ids(...Array.from({ length: 2000 }, () => 7)) }),
      'inputs-wrong',
      /2000 tokens, but this model has room for/,
    ));

  it('factors for another number of heads', () =>
    rejects(
      model.run({ input_ids: ids(7, 8) }, logitsOnly, [
        { site: 0, headScale: new Float32Array(9) },
      ]),
      'inputs-wrong',
      /heads, not 9/,
    ));

  it('a site that is not there', () =>
    rejects(
      model.run({ input_ids: ids(7, 8) }, logitsOnly, [{ site: 99 }]),
      'inputs-wrong',
      /no attention 99/,
    ));
});
