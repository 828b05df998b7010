import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Capture } from '../../src/inspector/capture/capture';
import { computation } from '../../src/inspector/capture/computation';
import { EVERYTHING } from '../../src/inspector/run/inspect';
import type { CaptureRequest, Feeds, ModelRun } from '../../src/inspector/model/run';
import { openModel } from '../../src/inspector/model/openModel';
import {
  readSafetensors,
  toFloat32,
  type Safetensors,
} from '../../src/inspector/files/safetensors';
import type { AttentionSite } from '../../src/protocol/model';

/** Largest difference from Hugging Face eager, as a fraction of 1 or of the largest value. */
const TOLERANCE = 1e-4;

interface Reference {
  readonly models: Record<string, { readonly class: string; readonly folders: readonly string[] }>;
}
const folder = resolve('test/fixtures/computation');
const { models } = JSON.parse(readFileSync(`${folder}/computation.json`, 'utf8')) as Reference;

const NOTHING: CaptureRequest = {
  weights: false,
  maskedScores: false,
  queryKeyValue: false,
  headOutput: false,
  hiddenStates: false,
  logits: false,
};

describe('computation of a head against Hugging Face', function () {
  this.timeout(300_000);
  for (const [name, { class: original, folders }] of Object.entries(models)) {
    const expected = readSafetensors(readFileSync(`${folder}/${name}.safetensors`));
    for (const path of folders) {
      it(`${basename(path)} (${original})`, async () => {
        const { capture, close } = await captureOf(resolve(path), expected);
        const worst = new Map<string, number>();
        for (const [i, site] of capture.summary.sites.entries()) {
          await compareSite(capture, site, i, expected, worst);
        }
        await close();
        console.log(
          `      ${[...worst].map(([what, error]) => `${what} ${error.toExponential(1)}`).join(', ')}`,
        );
        const compared = new Set([...expected.keys()].flatMap(key => key.split('.')[2] ?? []));
        for (const what of compared) assert.ok(worst.has(what), `${what} was not compared`);
        assert.ok((worst.get('weightError') ?? 1) <= 1e-5, 'recomputed weights');
        for (const [what, error] of worst) assert.ok(error <= TOLERANCE, `${what}: ${error}`);
      });
    }
  }
});

describe('computation without the model', () => {
  it('says that a capture file has no W_O, and shows the rest', async () => {
    const expected = readSafetensors(readFileSync(`${folder}/gpt2.safetensors`));
    const path = resolve('test/fixtures/onnx/gpt2__legacy_eager_op14');
    const { capture, close } = await captureOf(path, expected);
    await close();
    const file = new Capture(capture.summary, capture.run, () => Promise.reject(new Error('none')));
    const at = { stack: 'decoder', kind: 'self', layer: 0, head: 1, query: 4 } as const;
    const shown = await computation(file, { ...at, capture: '', from: 2, count: 99 });
    assert.ok('missing' in shown.output);
    assert.match(shown.output.missing, /capture file holds no weights/);
    assert.equal(shown.k.length, (shown.weights.length - 2) * shown.headDim, 'the last keys');
    assert.ok(shown.weightError < 1e-6);
    await assert.rejects(
      file.map({ block: at, layer: 0, head: 1, measure: 'norm' }),
      /holds no weights of the model.*Choose weights instead/s,
    );
    const reject = () => Promise.reject(new Error('none'));
    const lean = without(file.run, ['value', 'headOutput']);
    const valueless = new Capture(capture.summary, lean, reject);
    const partial = await computation(valueless, { ...at, capture: '', from: 0, count: 3 });
    assert.equal(partial.v, undefined);
    assert.equal(partial.headOutput, undefined);
    const weightsOnly = new Capture(capture.summary, without(lean, ['query', 'key']), reject);
    await assert.rejects(
      computation(weightsOnly, { ...at, capture: '', from: 0, count: 3 }),
      /queries and keys of layer 0 are not in this capture/,
    );
  });

  it('refuses quantised weights with the reason', async () => {
    const expected = readSafetensors(readFileSync(`${folder}/bert.safetensors`));
    const path = resolve('test/fixtures/onnx/bert__int8dyn_legacy_eager_op14');
    const { capture, close } = await captureOf(path, expected);
    const at = { stack: 'encoder', kind: 'self', layer: 1, head: 0, query: 1 } as const;
    const { output } = await computation(capture, { ...at, capture: '', from: 0, count: 9 });
    await close();
    assert.ok('missing' in output);
    assert.match(output.missing, /W_O of layer 1 cannot be shown: .*quantised/);
  });
});

/** The run as it would be if it had not kept some tensors. */
function without(run: ModelRun, names: readonly string[]): ModelRun {
  const sites = run.sites.map(site =>
    Object.fromEntries(Object.entries(site).filter(([name]) => !names.includes(name))),
  ) as unknown as ModelRun['sites'];
  return { ...run, sites };
}

/** Runs the reference's text and keeps the model at hand, as an inspection does. */
async function captureOf(path: string, expected: Safetensors) {
  const model = await openModel(path, { threads: 1 });
  const feeds: Feeds = Object.fromEntries(
    model.inputs.flatMap(({ name }) => {
      const ids = expected.get(name);
      return ids ? [[name, { dims: [1, ...ids.dims], data: ids.data as BigInt64Array }]] : [];
    }),
  );
  const run: ModelRun = await model.run(feeds, EVERYTHING);
  const { card } = model;
  const summary = {
    id: randomUUID(),
    model: card,
    text: '',
    tokens: {},
    totalTokens: 0,
    sites: run.sites.map(({ site }) => site),
    timings: { tokenize: 0, load: 0, run: 0, collect: 0 },
  };
  const capture = new Capture(summary, run, () => Promise.reject(new Error('Every map is kept.')), {
    run: site => model.run(feeds, { ...NOTHING, details: true, sites: new Set([site]) }),
    runAll: sites => model.run(feeds, { ...NOTHING, details: true, sites }),
    projection: site => Promise.resolve(model.projection(site)),
  });
  return { capture, close: () => model.dispose() };
}

/** Compares every head and query of one site; `worst` collects the differences. */
async function compareSite(
  capture: Capture,
  site: AttentionSite,
  index: number,
  expected: Safetensors,
  worst: Map<string, number>,
): Promise<void> {
  const { stack, kind, layer, heads, keyHeads, headDim } = site;
  const reference = (what: string) => {
    const entry = expected.get(`site.${index}.${what}`);
    return entry && { dims: entry.dims, data: toFloat32(entry) };
  };
  const note = (what: string, ours: ArrayLike<number>, theirs: Float32Array) => {
    assert.equal(ours.length, theirs.length, `${what} has another size`);
    const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    theirs.forEach((value, i) => {
      const error = Math.abs((ours[i] ?? NaN) - value) / largest;
      assert.ok(!Number.isNaN(error), `${what} is not a number`);
      worst.set(what, Math.max(worst.get(what) ?? 0, error));
    });
  };
  const layerOut = reference('fromLayer');
  const parts = reference('fromHeads');
  const sums = reference('sum');
  const shares = reference('normShares');
  assert.ok(layerOut && parts && shares);
  const [queries = 0, modelDim = 0] = layerOut.dims;
  const keys = shares.dims[2] ?? 0;
  for (let head = 0; head < heads; head++) {
    const keyHead = Math.floor((head * keyHeads) / heads);
    const norms = await capture.weights({ block: site, layer, head, measure: 'norm' });
    note('normShares', norms.weights, part(shares.data, head, queries * keys));
    for (let query = 0; query < queries; query++) {
      const at = { stack, kind, layer, head, query };
      const shown = await computation(capture, { ...at, capture: '', from: 0, count: keys });
      const { output } = shown;
      assert.ok(!('missing' in output), 'missing' in output ? output.missing : '');
      assert.equal(shown.keyHead, keyHead);
      note('fromLayer', output.fromLayer, part(layerOut.data, query, modelDim));
      note('fromHeads', output.fromHead, part(parts.data, head * queries + query, modelDim));
      const norm = Math.hypot(...part(parts.data, head * queries + query, modelDim));
      note('normOfHeads', [output.normOfHeads[head] ?? NaN], Float32Array.of(norm));
      if (sums) {
        assert.ok(output.sum, output.residualMissing);
        note('sum', output.sum, part(sums.data, query, modelDim));
      } else if (output.sum === undefined) {
        assert.match(output.residualMissing ?? '', /before it reaches the residual stream/);
      }
      const unrotatedQuery = reference('unrotatedQuery');
      const unrotatedKey = reference('unrotatedKey');
      if (unrotatedQuery && unrotatedKey) {
        const { qUnrotated, kUnrotated } = shown;
        assert.ok(qUnrotated && kUnrotated, 'before the rotation');
        const row = head * queries + query;
        note('unrotatedQuery', qUnrotated, part(unrotatedQuery.data, row, headDim));
        note('unrotatedKey', kUnrotated, part(unrotatedKey.data, keyHead, keys * headDim));
      } else assert.equal(shown.qUnrotated, undefined);
      note('weightError', [shown.weightError], Float32Array.of(0));
    }
  }
}

/** The `index`-th of parts of equal size. */
function part(data: Float32Array, index: number, size: number): Float32Array {
  return data.subarray(index * size, (index + 1) * size);
}
