import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { applyProbe } from '../../src/inspector/probing/fit/applyProbe';
import { fitState } from '../../src/inspector/probing/fit/fitState';
import { fitTask } from '../../src/inspector/probing/fit/fitTask';
import { Kernels } from '../../src/inspector/probing/fit/kernels';
import { preconditioner } from '../../src/inspector/probing/fit/precondition';
import { scaleOf, standardize } from '../../src/inspector/probing/fit/standardize';
import { decayOf, trainProbes } from '../../src/inspector/probing/fit/trainProbes';
import type { FittedTask, ProbeItems, ProbeTaskData } from '../../src/inspector/probing/fit/types';
import { readSafetensors, toFloat32 } from '../../src/inspector/files/safetensors';
import { InspectorError } from '../../src/protocol/errors';
import { NEVER_CANCELLED, type Cancellation } from '../../src/protocol/rpc';
import { seededRandom } from '../support/seededRandom';

interface Oracle {
  readonly classes: number;
  readonly probe: { readonly loss: number; readonly accuracy: number; readonly f1: number };
  readonly control: { readonly loss: number; readonly accuracy: number };
  readonly intercept: { readonly accuracy: number };
  readonly majority: number;
  readonly blockBits: readonly number[];
}

const oracle = JSON.parse(readFileSync('test/fixtures/probing/fit.json', 'utf8')) as Oracle;
const file = readSafetensors(readFileSync('test/fixtures/probing/fit.safetensors'));
const DIMS = 32;

function part(name: string): ProbeItems {
  const values = (key: string) => {
    const entry = file.get(`${name}.${key}`);
    assert.ok(entry, key);
    return toFloat32(entry);
  };
  const labels = Int32Array.from(values('labels'));
  const control = Int32Array.from(values('control'));
  return { count: labels.length, features: [values('features')], labels, control };
}

const task = (train: ProbeItems, test: ProbeItems, classes = oracle.classes): ProbeTaskData => ({
  dims: (train.features[0]?.length ?? 0) / train.count,
  classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
  train,
  test,
});

const ignore: (done: number) => void = () => undefined;

const fit = (
  data: ProbeTaskData,
  { signal = NEVER_CANCELLED, seed = 1, progress = ignore } = {},
): Promise<FittedTask> => fitTask(data, { seed, signal, progress });

const near = (actual: number, expected: number, tolerance: number, what = '') =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual} instead of ${expected}`);

describe('probe fitting against scikit-learn', () => {
  const [train, test] = [part('train'), part('test')];

  it('reaches the loss of probe and control within 1 %', async () => {
    await withKernels(async kernels => {
      const features = await standardized(kernels, train);
      const start = new Float64Array(features.dims * oracle.classes);
      const [probe, control] = await trainProbes(
        kernels,
        features,
        train.count,
        [
          { labels: train.labels, start },
          { labels: train.control, start },
        ],
        oracle.classes,
      );
      near((probe?.loss ?? NaN) / oracle.probe.loss, 1, 0.01);
      near((control?.loss ?? NaN) / oracle.control.loss, 1, 0.01);
    });
  });

  it('has the accuracy, F1 and control accuracy within 0.5 points', async () => {
    const { scores, majority, probes } = await fit(task(train, test));
    const [score] = scores;
    const [probe] = probes;
    assert.ok(score && probe && scores.length === 1);
    near(score.accuracy.value, oracle.probe.accuracy, 0.005);
    near(score.accuracy.value, oracle.intercept.accuracy, 0.005);
    near(score.f1, oracle.probe.f1, 0.01);
    near(score.control, oracle.control.accuracy, 0.005);
    near(score.selectivity, oracle.probe.accuracy - oracle.control.accuracy, 0.01);
    near(majority, oracle.majority, 1e-9);
    assert.ok(
      score.accuracy.low < score.accuracy.value && score.accuracy.value < score.accuracy.high,
    );
    assert.equal(score.mixed, score.accuracy.value);
  });

  it('has the online code length of each block’s formula within 1 %', async () => {
    await withKernels(async kernels => {
      const features = await standardized(kernels, train);
      const { classes } = oracle;
      const { bits } = await fitState(kernels, features, { ...train, classes });
      const expected = oracle.blockBits.reduce((a, b) => a + b, 0);
      near(bits / expected, 1, 0.01);
    });
  });

  it('stores a probe of raw features that gives its accuracy again', async () => {
    const { scores, probes } = await fit(task(train, test));
    const [probe] = probes;
    assert.ok(probe);
    const { labels } = applyProbe(probe, test.features[0] ?? new Float32Array(0), test.count, DIMS);
    const right = labels.filter((label, i) => label === test.labels[i]).length;
    near(right / test.count, scores[0]?.accuracy.value ?? NaN, 1e-9);
    // The feature that never varies is left out.
    assert.equal(probe.weights[7], 0);
  });
});

describe('probe fitting', () => {
  it('finds the state that knows, through the mix too', async () => {
    const data = layered([0, 0.2, 3, 0.2]);
    const { scores, expectedLayer, centreOfGravity } = await fit(data);
    const best = scores.map(({ accuracy }) => accuracy.value);
    assert.ok(
      (best[2] ?? 0) > 0.9 && Math.max(best[0] ?? 1, best[1] ?? 1, best[3] ?? 1) < 0.6,
      best.join(),
    );
    const mixed = scores.map(score => score.mixed);
    assert.ok((mixed[2] ?? 0) > 0.9 && (mixed[3] ?? 0) > 0.9, mixed.join());
    near(expectedLayer ?? NaN, 2, 0.15);
    near(centreOfGravity, 2, 0.2);
    const lengths = scores.map(({ descriptionLength }) => descriptionLength);
    assert.equal(lengths.indexOf(Math.min(...lengths)), 2);
    for (const { compression, descriptionLength } of scores) {
      near(compression * descriptionLength, data.train.count * Math.log2(4), 1e-6);
    }
  });

  it('mixes states that know a half each', async () => {
    const { scores, centreOfGravity } = await fit(halves());
    const [first, second] = scores;
    assert.ok(first && second);
    assert.ok(second.mixed > Math.max(first.accuracy.value, second.accuracy.value) + 0.1);
    near(centreOfGravity, 0.5, 0.15);
  });

  it('repeats itself with the same seed', async () => {
    const data = layered([0.5, 1]);
    const once = await fit(data, { seed: 5 });
    assert.deepEqual(await fit(data, { seed: 5 }), once);
    const other = await fit(data, { seed: 6 });
    assert.notEqual(other.scores[0]?.descriptionLength, once.scores[0]?.descriptionLength);
    near(other.scores[0]?.accuracy.value ?? NaN, once.scores[0]?.accuracy.value ?? NaN, 0.01);
  });

  it('reports progress from 0 to 1 and hears a cancellation', async () => {
    const seen: number[] = [];
    await fit(layered([0, 1, 2]), { progress: done => seen.push(done) });
    assert.deepEqual([seen[0], seen.at(-1)], [0, 1]);
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      seen,
    );
    const signal = { aborted: false, addEventListener: () => undefined };
    let started = 0;
    const progress = () => {
      started++;
      setImmediate(() => {
        signal.aborted = true;
      });
    };
    await assert.rejects(fit(layered([0, 1, 2, 3], 4000), { signal, progress }), isCancelled);
    assert.equal(started, 1);
  });

  it('does nothing where it is cancelled before', async () => {
    const signal: Cancellation = { aborted: true, addEventListener: () => undefined };
    await assert.rejects(fit(layered([1]), { signal }), isCancelled);
  });
});

describe('probe fitting on poor data', () => {
  it('refuses parts without items, states or classes of the right number', async () => {
    const { train, test } = layered([1]);
    const none = {
      count: 0,
      features: [new Float32Array(0)],
      labels: new Int32Array(0),
      control: new Int32Array(0),
    };
    const wrong = (message: RegExp) => (error: unknown) =>
      error instanceof InspectorError &&
      error.code === 'inputs-wrong' &&
      message.test(error.message);
    await assert.rejects(fit(task(train, none, 4)), wrong(/no items in the test part/));
    await assert.rejects(
      fit({ ...task(train, test, 4), train: none }),
      wrong(/no items in the training part/),
    );
    await assert.rejects(fit({ ...task(train, test, 4), dims: 9 }), wrong(/9 features/));
    await assert.rejects(fit(task(train, test, 3)), wrong(/a class for each/));
    await assert.rejects(
      fit({ ...task(train, test, 4), test: { ...test, features: [] } }),
      wrong(/test part/),
    );
  });

  it('names the state whose features are not numbers', async () => {
    for (const value of [NaN, Infinity]) {
      const data = layered([1, 1]);
      const second = data.train.features[1];
      assert.ok(second);
      second[5] = value;
      await assert.rejects(fit(data), (error: unknown) => {
        assert.ok(error instanceof InspectorError);
        assert.equal(error.code, 'inputs-wrong');
        assert.match(error.message, /State 1 /);
        return true;
      });
    }
  });

  it('fits one class, fewer items than classes and features that never vary', async () => {
    const { train, test } = layered([1, 1]);
    const same = (items: ProbeItems): ProbeItems => ({
      ...items,
      labels: new Int32Array(items.count),
      control: new Int32Array(items.count),
    });
    const single = await fit(task(same(train), same(test), 1));
    assert.deepEqual(
      single.scores.map(({ accuracy, compression, selectivity }) => [
        accuracy.value,
        compression,
        selectivity,
      ]),
      [
        [1, 1, 0],
        [1, 1, 0],
      ],
    );
    assert.equal(single.expectedLayer, undefined);
    const few = await fit(task(first(train, 3), test, 20));
    assert.ok(
      few.scores.every(({ descriptionLength, f1 }) => descriptionLength > 0 && Number.isFinite(f1)),
    );
    const flat = (items: ProbeItems): ProbeItems => ({
      ...items,
      features: items.features.map(values => new Float32Array(values.length).fill(0.1)),
    });
    const constant = await fit(task(flat(train), flat(test), 4));
    near(constant.scores[0]?.accuracy.value ?? NaN, constant.majority, 1e-9);
    assert.ok(constant.probes[0]?.weights.every(weight => weight === 0));
  });
});

const isCancelled = (error: unknown) =>
  error instanceof InspectorError && error.code === 'cancelled';

async function withKernels(use: (kernels: Kernels) => Promise<void>): Promise<void> {
  const kernels = await Kernels.open(NEVER_CANCELLED);
  try {
    await use(kernels);
  } finally {
    await kernels.release();
  }
}

/** The oracle's features in the file's order. */
async function standardized(kernels: Kernels, items: ProbeItems) {
  const dims = DIMS + 1;
  const values = new Float32Array(items.count * dims);
  const order = Int32Array.from({ length: items.count }, (_, i) => i);
  standardize(items.features[0] ?? new Float32Array(0), order, scaleOf(items, 0, DIMS), values);
  const decay = decayOf(items.count);
  const gram = await kernels.gram(values, dims);
  const root = await preconditioner(gram, { dims, items: items.count, decay }, () =>
    Promise.resolve(),
  );
  return { values, dims, preconditioner: root };
}

/** Four classes; each state holds the class's corner as strongly as told, in noise of its own. */
function layered(strengths: readonly number[], count = 800): ProbeTaskData {
  const dims = 6;
  const random = seededRandom(11);
  const noise = () => random() + random() + random() - 1.5;
  const items = (size: number): ProbeItems => {
    const labels = Int32Array.from({ length: size }, () => Math.floor(random() * 4));
    const control = Int32Array.from({ length: size }, () => Math.floor(random() * 4));
    const features = strengths.map(strength =>
      Float32Array.from({ length: size * dims }, (_, i) => {
        const label = labels[Math.floor(i / dims)] ?? 0;
        return (i % dims === label ? strength : 0) + noise();
      }),
    );
    return { count: size, features, labels, control };
  };
  return task(items(count), items(400), 4);
}

/** Four classes of two bits: one state holds one of them, the other the other. */
function halves(): ProbeTaskData {
  const { train, test } = layered([0]);
  const random = seededRandom(12);
  const withBits = (items: ProbeItems): ProbeItems => ({
    ...items,
    features: [0, 1].map(bit =>
      Float32Array.from({ length: items.count * 2 }, (_, i) => {
        const label = items.labels[Math.floor(i / 2)] ?? 0;
        return i % 2 === bit ? ((label >> bit) & 1) * 2 + random() : 0.5;
      }),
    ),
  });
  return task(withBits(train), withBits(test), 4);
}

const first = (items: ProbeItems, count: number): ProbeItems => ({
  count,
  features: items.features.map(values => values.subarray(0, (count * values.length) / items.count)),
  labels: items.labels.subarray(0, count),
  control: items.control.subarray(0, count),
});
