import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseAttribution, parseContinuation } from '../../src/inspector/cli/options';
import { createInspector } from '../../src/inspector/inspector';
import { frozenNorm } from '../../src/inspector/layers/finalNorm';
import type { OutputHead } from '../../src/inspector/model/head/headSession';
import type { Tensor } from '../../src/inspector/runtime/tensor';
import { changesOf } from '../../src/protocol/change';
import type { InspectParams } from '../../src/protocol/inspector';
import type { Attribution } from '../../src/protocol/layers';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { GraphBuilder, save } from './engine/support/graphs';
import { wordModel, WORDS_TEXT, writeWordTokenizer } from './support/wordModel';

type Expected = Pick<Attribution, 'token' | 'id' | 'logit' | 'embedding' | 'layers'>;
interface Reference {
  readonly models: Record<
    string,
    { readonly text: string; readonly target?: string; readonly attributions: readonly Expected[] }
  >;
}
const { models } = JSON.parse(
  readFileSync(resolve('test/fixtures/layers/attribution.json'), 'utf8'),
) as Reference;

const TOLERANCE = 1e-4;
const inspector = createInspector();
const call = [() => undefined, NEVER_CANCELLED] as const;
const inspect = async (model: string, text: string, more: Partial<InspectParams> = {}) =>
  (await inspector.inspect({ model, text, maximumTokens: 64, ...more }, ...call)).id;
const attribution = (capture: string, token: number, id?: number) =>
  inspector.attribution({ capture, token, ...(id === undefined ? {} : { id }) }, ...call);

/** Every part by its name. */
function partsOf({ embedding, layers }: Pick<Attribution, 'embedding' | 'layers'>) {
  const parts = new Map([['embedding', embedding]]);
  for (const [i, layer] of layers.entries()) {
    for (const [what, value] of Object.entries(layer)) parts.set(`${i}.${what}`, value);
  }
  return parts;
}

describe('direct logit attribution against PyTorch', function () {
  this.timeout(300_000);
  for (const [name, { text, target, attributions }] of Object.entries(models)) {
    it(`${name}: every part of ${attributions.length} logits`, async () => {
      const more = target === undefined ? {} : { target };
      const capture = await inspect(resolve('models', name), text, more);
      let worst = 0;
      for (const expected of attributions) {
        const ours = await attribution(capture, expected.token, expected.id);
        const [a, b] = [partsOf(ours), partsOf(expected)];
        assert.deepEqual([...a.keys()], [...b.keys()]);
        for (const [what, value] of b) {
          worst = Math.max(worst, Math.abs(value - (a.get(what) ?? NaN)));
        }
        assert.ok(Math.abs(ours.constant) < 1e-5, 'no biases');
        assert.ok(Math.abs(ours.logit - expected.logit) < TOLERANCE);
      }
      console.log(`      worst ${worst.toExponential(1)}`);
      assert.ok(worst <= TOLERANCE, `${worst}`);
      const [first] = attributions;
      const best = await attribution(capture, first?.token ?? 0);
      assert.equal(best.id, attributions.find(({ token, id }) => token === 0 && id !== 300)?.id);
    });
  }
});

describe('direct logit attribution of other families', function () {
  this.timeout(300_000);
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-attribution-'))));
  after(() => rm(scratch, { recursive: true }));

  /** What a sum of parts looks like, besides being the logit. */
  const shapes: Readonly<Record<string, { readonly cross?: true; readonly constant?: true }>> = {
    gpt2__legacy_eager_op14: { constant: true },
    gpt2__dynamo_sdpa_op23: { constant: true },
    llama__dynamo_sdpa_op18: {},
    llama__ortExtended_legacy_eager_op17: {},
    llama__groupQueryAttention_handbuilt_op17: {},
    qwen3__legacy_eager_op17: {},
    gpt_neox__legacy_sdpa_op17: { constant: true },
    falcon__legacy_eager_op17: { constant: true },
    bloom__legacy_eager_op14: { constant: true },
    opt__legacy_eager_op14: { constant: true },
    t5__legacy_eager_op14: { cross: true },
  };
  for (const [name, { cross, constant }] of Object.entries(shapes)) {
    it(`${name}: the parts are the logit, without and with another mask`, async () => {
      const folder = wordModel(scratch, name);
      for (const mask of [undefined, { kind: 'window', before: 1, after: 0 } as const]) {
        if (mask && /groupQuery|Extended|op23/.test(name)) continue;
        const more = { ...(cross ? { target: 'the mat' } : {}), changes: changesOf({ mask }) };
        const capture = await inspect(folder, WORDS_TEXT, more);
        const { id, logit, error, ...found } = await attribution(capture, 2);
        const parts = [...partsOf(found).values()];
        const sum = parts.reduce((total, part) => total + part, found.constant);
        assert.ok(Math.abs(sum - logit) < TOLERANCE && error < TOLERANCE, `${sum} ${logit}`);
        assert.ok(
          parts.every(part => Math.abs(part) > 1e-7),
          'every part does something',
        );
        assert.equal(
          found.layers.every(layer => 'cross' in layer),
          cross === true,
        );
        assert.equal(Math.abs(found.constant) > 1e-6, constant === true);
        const [best] = (await inspector.predictions({ capture, token: 2, count: 1 }, ...call)).best;
        assert.equal(id, best?.id);
      }
    });
  }

  for (const [name, message] of [
    ['bert__legacy_eager_op14', /its layers normalise the residual stream itself/],
    ['marian__dynamo_eager_op18', /its layers normalise the residual stream itself/],
    [
      'gemma2__legacy_eager_op17',
      /the self-attention of decoder layer 0 adds .* is changed before/,
    ],
    ['esm__legacy_eager_op17', /its output head is not linear: its parts sum to/],
  ] as const) {
    it(`${name}: says why there is none`, async () => {
      const target = name.startsWith('marian') ? { target: 'the mat' } : {};
      const capture = await inspect(wordModel(scratch, name), WORDS_TEXT, target);
      await assert.rejects(attribution(capture, 1), { code: 'not-captured', message });
    });
  }

  it('takes apart a model without any norm: its layers only add', async () => {
    const graph = new GraphBuilder();
    let hidden = graph.embed();
    for (let layer = 0; layer < 2; layer++) {
      hidden = graph.op('Add', [hidden, graph.attend(graph.project(hidden))]);
    }
    const folder = dirname(save(graph, graph.head(hidden)));
    writeWordTokenizer(folder);
    const { embedding, layers, constant, logit, error } = await attribution(
      await inspect(folder, WORDS_TEXT),
      2,
    );
    const added = layers.reduce((sum, { attention }) => sum + attention, embedding);
    assert.ok(Math.abs(added - logit) < 1e-5 && error < 1e-5, `${added} ${logit}`);
    assert.ok(layers.every(({ attention }) => Math.abs(attention) > 1e-4));
    assert.ok(layers.every(({ mlp }) => Math.abs(mlp) < 1e-5) && constant === 0);
  });

  it('needs the model, and a token and an entry that are there', async () => {
    const capture = await inspect(resolve('models/decoder'), 'a cat');
    await assert.rejects(attribution(capture, 9), /There is no token 9/);
    await assert.rejects(attribution(capture, 0, 8192), /There is no vocabulary entry 8192/);
    const path = join(scratch, 'a.safetensors');
    await inspector.saveCapture({ capture, path }, ...call);
    const { id } = await inspector.openCapture({ path }, ...call);
    await assert.rejects(attribution(id, 1), /A capture file holds no weights of the model/);
  });
});

describe('the command line', () => {
  const run = (...args: string[]) => {
    const command = ['--import', 'tsx', 'src/inspector/cli.ts', 'inspect', ...args];
    return spawnSync(process.execPath, command, { encoding: 'utf8' });
  };

  it('takes a logit apart, after what was generated', async () => {
    const where = ['--model', 'models/decoder', '--text', 'The cat sat'];
    const { stdout, stderr } = run(
      ...[...where, '--json', '--continue', '612,44', '--attribution', '4:300'],
    );
    assert.equal(stderr, '');
    const report = JSON.parse(stdout) as {
      readonly attribution: Attribution;
      readonly continuation: readonly number[];
      readonly tokens: { readonly decoder: readonly { readonly id: number }[] };
    };
    assert.deepEqual(report.continuation, [612, 44]);
    assert.deepEqual(
      report.tokens.decoder.slice(-2).map(({ id }) => id),
      [612, 44],
    );
    const capture = await inspect(resolve('models/decoder'), 'The cat sat', {
      continuation: [612, 44],
    });
    assert.deepEqual(report.attribution, await attribution(capture, 4, 300));
  }).timeout(300_000);

  it('says what it takes', () => {
    for (const [args, message] of [
      [
        ['--text', 'a', '--json', '--attribution', 'x'],
        /--attribution takes token\[:id\], and goes/,
      ],
      [['--text', 'a', '--attribution', '1'], /--attribution .* with --json, and --text or --chat/],
      [['--text', 'a', '--continue', '1,,2'], /--continue takes id,id,…, and goes with --text/],
    ] as const) {
      const { status, stdout, stderr } = run('--model', 'models/decoder', ...args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, message);
    }
    assert.deepEqual(parseAttribution('5'), { token: 5 });
    assert.deepEqual(parseAttribution('5:0'), { token: 5, id: 0 });
    for (const wrong of ['', ':1', '5:', '5:1:2', '-1', '1.5'])
      assert.equal(parseAttribution(wrong), undefined, wrong);
    assert.deepEqual(parseContinuation('3'), [3]);
    for (const wrong of ['', '1,', '1 2']) assert.equal(parseContinuation(wrong), undefined, wrong);
  }).timeout(300_000);
});

describe('the final normalisation, held fixed', () => {
  const SIZES = [7, 8];
  const random = (size: number, seed: number) =>
    Float32Array.from({ length: size }, (_, i) => Math.sin(12.9 * i + seed) * 3 + 0.4);
  const headOf = (size: number, norm: (row: Float32Array) => Float32Array) =>
    ({
      modelDim: size,
      normed: ({ dims, data }: Tensor) => {
        const rows = Array.from({ length: data.length / size }, (_, i) => [
          ...norm(data.subarray(i * size, (i + 1) * size)),
        ]);
        return Promise.resolve({ dims, data: Float32Array.from(rows.flat()) });
      },
    }) as unknown as OutputHead;
  const mean = (row: Float32Array) => row.reduce((sum, x) => sum + x, 0) / row.length;
  const norms = {
    LayerNorm: (gain: Float32Array, bias: Float32Array) => (row: Float32Array) => {
      const centred = row.map(x => x - mean(row));
      const deviation = Math.sqrt(mean(centred.map(x => x * x)) + 1e-5);
      return centred.map((x, i) => (x / deviation) * (gain[i] ?? NaN) + (bias[i] ?? NaN));
    },
    RMSNorm: (gain: Float32Array) => (row: Float32Array) =>
      row.map((x, i) => (x / Math.sqrt(mean(row.map(x => x * x)) + 1e-6)) * (gain[i] ?? NaN)),
  };
  for (const size of SIZES) {
    for (const [name, normOf] of Object.entries(norms)) {
      it(`is linear and gives what a ${name} of ${size} numbers does`, async () => {
        const [gain, bias, a, b] = [1, 2, 3, 4].map(seed => random(size, seed));
        assert.ok(gain && bias && a && b);
        const norm = normOf(gain, bias);
        const state = a.map((x, i) => x + (b[i] ?? NaN));
        const frozen = await frozenNorm(headOf(size, norm), state);
        assert.ok(frozen.error < 1e-5, `${frozen.error}`);
        const [ofA, ofB] = [frozen.apply(a), frozen.apply(b)];
        for (const [i, expected] of norm(state).entries()) {
          const sum = (ofA[i] ?? NaN) + (ofB[i] ?? NaN) + (frozen.bias[i] ?? NaN);
          assert.ok(Math.abs(sum - expected) < 1e-4, `${sum} ${expected}`);
        }
      });
    }
  }

  it('is not found where there is another function', async () => {
    const cube = (row: Float32Array) => row.map(x => x * x * x);
    const { error } = await frozenNorm(headOf(8, cube), random(8, 5));
    assert.ok(error > 0.01);
  });
});
