import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InspectorError, type ErrorCode } from '../../../src/protocol/errors';
import { openModel } from '../../../src/inspector/model/openModel';
import { precisionOf } from '../../../src/inspector/model/check/precision';
import { unmatchedNotes } from '../../../src/inspector/model/check/unmatchedNotes';
import { readModel } from '../../../src/inspector/onnx/file/readModel';
import { ElementType, type ValueInfo } from '../../../src/inspector/onnx/file/types';
import { makeNode } from '../../../src/inspector/onnx/file/writeModel';
import { fixture } from './support/cases';
import {
  graphAttribute,
  GraphBuilder,
  modelWith,
  plainAttention,
  save,
  scaledScores,
  small,
} from './support/graphs';

/** Fails with the code and one sentence of at most 400 characters. */
async function refuses(path: string, code: ErrorCode, pattern: RegExp): Promise<void> {
  await assert.rejects(openModel(path, { threads: 1 }), error => {
    assert.ok(error instanceof InspectorError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    assert.ok(error.message.length <= 400 && !error.message.includes('\n'), error.message);
    return true;
  });
}

const info = (name: string, elementType: number, dims?: ValueInfo['dims']): ValueInfo =>
  dims ? { name, elementType, dims } : { name, elementType };

/** A model whose hidden states get 0 times a number that is counted up, `turns` times. */
function looping(turns: number): string {
  const graph = new GraphBuilder();
  const body = new GraphBuilder('body/');
  const yes = body.op('Identity', ['body/condition']);
  const next = body.op('Add', ['body/x', 'one']);
  const inputs = [
    info('body/i', ElementType.int64, []),
    info('body/condition', ElementType.bool, []),
    info('body/x', ElementType.float, []),
  ];
  const outputs = [info(yes, ElementType.bool, []), info(next, ElementType.float, [])];
  const one = graph.scalar(1);
  graph.nodes.push(makeNode('Identity', [one], ['one']));
  const copied = [graphAttribute('body', body, inputs, outputs)];
  const node = makeNode('Loop', [graph.int(turns), '', graph.scalar(0)], ['count'], { copied });
  graph.nodes.push({ ...node, name: 'turning' });
  const nothing = graph.op('Mul', ['count', graph.scalar(0)]);
  const hidden = graph.op('Add', [graph.embed(), nothing]);
  const added = graph.op('Add', [hidden, graph.attend(graph.project(hidden))]);
  return save(graph, graph.head(added));
}

describe('graphs that would take forever or everything', function () {
  this.timeout(300_000);

  it('are refused where a loop does not end, and read where it does', async () => {
    const { card, dispose } = await opened(looping(3));
    assert.equal(card.sites.length, 1);
    await dispose();
    const started = performance.now();
    await refuses(looping(2 ** 52), 'model-unsupported', /its Loop “turning” may never end\. Exp/);
    assert.ok(performance.now() - started < 18_000);
  });

  it('are refused where an input is larger than anybody could fill', async () => {
    const longest = modelWith(plainAttention, { shape: ['batch', 10_000_000] });
    await refuses(longest, 'model-unsupported', /“input_ids” takes 10,000,000 tokens and no other/);
    const rows = modelWith(plainAttention, { shape: [2 ** 23, 4] });
    await refuses(rows, 'model-unsupported', /“input_ids” takes 33,554,432 values/);
    const inputs = [info('attention_mask', ElementType.int64, ['batch', 2 ** 40])];
    const mask = modelWith(plainAttention, { inputs });
    await refuses(mask, 'model-unsupported', /“attention_mask” takes 1,099,511,627,776 values/);
  });

  it('are refused where an input is no tensor, whatever its name', () =>
    refuses(
      modelWith(plainAttention, { inputs: [info('toString', ElementType.undefined)] }),
      'model-unsupported',
      /“toString” of model\.onnx is no tensor of a known element type/,
    ));

  it('read sizes below 0 as sizes that are not fixed', () => {
    const path = modelWith(plainAttention, { shape: [-1, -1] });
    assert.deepEqual(readModel(path).graph.inputs[0]?.dims, [undefined, undefined]);
  });

  it('are refused in a short sentence, however long their names are', async () => {
    const graph = new GraphBuilder();
    const gate = graph.op('MatMul', [graph.embed(), graph.weight(small.width, 4)]);
    graph.nodes.push({ ...makeNode('Softmax', [gate], ['gate']), name: 'n'.repeat(100_000) });
    await refuses(save(graph, 'gate'), 'model-unsupported', /Softmax “n{80}…” is not shown/);
    const twice = new GraphBuilder();
    const name = 't'.repeat(100_000);
    for (let i = 0; i < 2; i++) twice.nodes.push(makeNode('Identity', ['input_ids'], [name]));
    await refuses(save(twice, name), 'model-broken', /“t{80}…”/);
  });

  it('say one thing once, however many nodes it holds for', () => {
    const routers = Array.from({ length: 48 }, (_, i) => ({
      node: { ...makeNode('Softmax', ['x'], ['y']), name: `router.${i}` },
      reason: 'its input is no product',
    }));
    const loop = { node: makeNode('Loop', ['x'], ['z']), reason: 'it is a loop' };
    assert.deepEqual(unmatchedNotes('moe.onnx', [...routers, loop]), [
      'Softmax “router.0” and 47 more in moe.onnx are not shown, each for this: its input is no product.',
      'Loop (node of “z”) in moe.onnx is not shown: it is a loop.',
    ]);
  });
});

describe('the precision of a model', () => {
  const precision = (path: string) => precisionOf(readModel(path));
  const table = (graph: GraphBuilder, rows: number, columns: number) =>
    graph.bytes(
      Array.from({ length: rows * columns }, (_, i) => i % 251),
      [rows, columns],
    );
  const toFloat = (graph: GraphBuilder, tensor: string) =>
    graph.op('Cast', [tensor], { attributes: { to: ElementType.float } });

  it('is not that of bytes beside the weights, read by a mask or by nobody', () => {
    const path = modelWith((graph, heads) => {
      table(graph, 64, 64);
      const mask = graph.op('Slice', [table(graph, 64, 64), graph.ints(0), graph.ints(1)]);
      const sum = graph.op('ReduceMax', [toFloat(graph, mask)], { attributes: { keepdims: 0 } });
      const none = graph.op('Mul', [sum, graph.scalar(0)]);
      const scores = graph.op('Add', [scaledScores(graph, heads), none]);
      const weights = graph.op('Softmax', [scores], { attributes: { axis: -1 } });
      return graph.op('MatMul', [weights, heads.value]);
    });
    assert.equal(precision(path), 'float32');
  });

  it('is that of bytes that a product or a lookup reads', () => {
    const lookup = new GraphBuilder();
    const bytes = table(lookup, small.vocabulary, small.width);
    const hidden = lookup.op('Gather', [toFloat(lookup, bytes), 'input_ids']);
    const added = lookup.op('Add', [hidden, lookup.attend(lookup.project(hidden))]);
    assert.equal(precision(save(lookup, lookup.head(added))), 'int8');

    const product = new GraphBuilder();
    const states = product.embed();
    const quantised = table(product, small.width, 10 * small.vocabulary);
    const scale = product.scalar(0.1);
    const weight = product.op('DequantizeLinear', [quantised, scale, product.byte(7)]);
    assert.equal(precision(save(product, product.op('MatMul', [states, weight]))), 'int8');
  });

  it('of exporters is what they say', () => {
    for (const [name, expected] of [
      ['bert__int8dyn_legacy_eager_op14', 'int8'],
      ['bert__fp16_legacy_eager_op14', 'float16'],
      ['gpt2__legacy_eager_op14', 'float32'],
    ] as const) {
      assert.equal(precision(join(fixture(name), 'model.onnx')), expected, name);
    }
  });
});

describe('files that are no graph say what they are', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'attention-debugger-formats-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const header = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const safetensors = Buffer.concat([
    Buffer.from([header.length, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from(header),
  ]);
  const pointer =
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n';
  const contents: readonly [string, string | Buffer, ErrorCode, RegExp][] = [
    ['model.gguf', 'GGUF\x03\0\0\0', 'model-broken', /^model\.gguf is not a complete GGUF file/],
    ['model.onnx', 'GGUF\x03\0\0\0', 'model-broken', /^model\.onnx is not a complete GGUF file/],
    ['pytorch_model.bin', 'PK\x03\x04', 'model-unsupported', /is a PyTorch file/],
    ['old.bin', Buffer.from([0x80, 2, 0x8a]), 'model-unsupported', /is a PyTorch file/],
    ['model.safetensors', safetensors, 'model-unsupported', /beside it is no config\.json/],
    ['model.onnx', pointer, 'model-broken', /is a Git LFS pointer.* run “git lfs pull”/],
    ['model.onnx', '<!DOCTYPE html><html>', 'model-broken', /is a web page/],
    ['config.json', '{}', 'model-unsupported', /is no model but describes one/],
  ];
  for (const [name, content, code, pattern] of contents) {
    it(`${name} with ${JSON.stringify(content.toString('latin1').slice(0, 12))}`, async () => {
      writeFileSync(at(name), content);
      await refuses(at(name), code, pattern);
    });
  }

  it('weights outside that Git keeps elsewhere', async () => {
    cpSync(fixture('bert__extdata_dynamo_sdpa_op18'), folder, { recursive: true });
    writeFileSync(at('model.onnx.data'), pointer);
    await refuses(folder, 'model-broken', /model\.onnx\.data is a Git LFS pointer/);
  });

  it('folders of weights alone and of several graphs', async () => {
    writeFileSync(at('probes.safetensors'), safetensors);
    await refuses(folder, 'model-missing', /holds no ONNX model \(model\.onnx, or/);
    writeFileSync(at('model.safetensors'), safetensors);
    await refuses(folder, 'model-missing', /model\.safetensors, .* no config\.json/);
    for (const name of ['b.onnx', 'a.onnx', 'c.onnx']) writeFileSync(at(name), '');
    await refuses(
      folder,
      'model-missing',
      /several ONNX files .* \(a\.onnx, b\.onnx, and 1 more\)/,
    );
  });

  it('links that lead nowhere or in a circle, and a file in the place of a folder', async () => {
    symlinkSync('model.onnx', at('model.onnx'));
    await refuses(folder, 'model-missing', /is not a file/);
    await refuses(at('model.onnx'), 'model-missing', /There is no model at/);
    rmSync(at('model.onnx'));
    symlinkSync('nowhere', at('other.onnx'));
    await refuses(folder, 'model-missing', /is not a file/);
    rmSync(at('other.onnx'));
    writeFileSync(at('onnx'), '');
    await refuses(folder, 'model-missing', /holds no ONNX model/);
  });

  it('pipes and devices, which are never opened', async () => {
    cpSync(fixture('bert__extdata_dynamo_sdpa_op18'), folder, { recursive: true });
    rmSync(at('model.onnx.data'));
    execFileSync('mkfifo', [at('model.onnx.data')]);
    await refuses(folder, 'model-broken', /“model\.onnx\.data”, which is not a file/);
    rmSync(at('config.json'));
    rmSync(at('model.onnx'));
    symlinkSync('/dev/zero', at('config.json'));
    execFileSync('mkfifo', [at('model.onnx')]);
    await refuses(folder, 'model-missing', /is not a file/);
    rmSync(at('model.onnx'));
    cpSync(join(fixture('gpt2__legacy_eager_op14'), 'model.onnx'), at('model.onnx'));
    await (await opened(folder)).dispose();
  });
});

async function opened(path: string) {
  const model = await openModel(path, { threads: 1 });
  return { card: model.card, dispose: () => model.dispose() };
}
