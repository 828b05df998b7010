import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import { batchFirst, lengthsOf } from '../../../src/inspector/cli/rawFeeds';
import { openModel } from '../../../src/inspector/model/openModel';
import {
  sameSite,
  type Feed,
  type Feeds,
  type ModelRun,
  type PointAt,
  type PointCapture,
  type PointStep,
  type SiteCapture,
} from '../../../src/inspector/model/run';
import { STATE_POINTS } from '../../../src/inspector/onnx/stream/points/point';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import { caseFolders, casesIn, fixture, readCase } from './support/cases';
import { everything } from './support/compare';

/** Rounding of graphs that compute in float32; of others, what their precision allows. */
const tolerances: Readonly<Record<string, number>> = {
  float32: 1e-4,
  float16: 2e-2,
  int8: 0.1,
  int4: 0.1,
  mixed: 0.1,
};
const some = ['blocks', 'students'].flatMap(name =>
  casesIn(join(import.meta.dirname, '../../fixtures', name)),
);

/** How far the outputs of float32 graphs are from those of their plain session where nothing is changed. */
const neutral: number[] = [];

describe('runs in which points are read and changed', () => {
  after(() => {
    const same = neutral.filter(difference => difference === 0).length;
    const most = Math.max(...neutral).toExponential(1);
    console.log(
      `      with inputs at every point and nothing changed, ${same} of ${neutral.length} float32 graphs give the same bits; the others differ by up to ${most}`,
    );
  });
  for (const folder of [...caseFolders(), ...some]) {
    const example = readCase(folder);
    if (example.facts.n_sites === 0) continue;
    it(basename(folder), async () => {
      const lengths = lengthsOf(example.feeds);
      const model = await openModel(folder, { threads: 1, lengths });
      try {
        await checkModel(model, batchFirst(example.feeds, model.inputs));
      } finally {
        await model.dispose();
      }
    });
  }
});

describe('runs of several rows in which each has changes of its own', () => {
  for (const name of [
    'bert__legacy_eager_op14',
    'llama__legacy_eager_op14',
    't5__legacy_eager_op14',
  ]) {
    it(name, async () => {
      const folder = fixture(name);
      const model = await openModel(folder, { threads: 1 });
      try {
        await checkRows(model, readCase(folder).feeds);
      } finally {
        await model.dispose();
      }
    });
  }
});

/** Each row has one token's numbers made zero: as if it had been run alone. */
async function checkRows(model: InstrumentedModel, given: Feeds): Promise<void> {
  const first = Object.fromEntries(
    Object.entries(given).map(([name, feed]) => [name, rowOf(feed, 0)]),
  );
  const stack = model.card.stacks.at(-1) ?? 'encoder';
  for (const point of ['residual', 'feedForwardOutput', 'headOutput', 'value'] as const) {
    const at = { stack, layer: 1, point };
    const plain = await model.run(first, { ...everything, points: [at] });
    const tensor = plain.points?.[0]?.tensor;
    assert.ok(tensor);
    const tokens = tensor.dims.at(-2) ?? 0;
    const zero = (places: readonly number[]): PointStep => ({
      mask: {
        dims: [places.length, 1, tokens, 1],
        data: Uint8Array.from({ length: places.length * tokens }, (_, i) =>
          i % tokens === places[Math.floor(i / tokens)] ? 1 : 0,
        ),
      },
    });
    const places = [0, tokens - 1, 1];
    const rows = Object.fromEntries(
      Object.entries(first).map(([name, feed]) => [name, repeated(feed, places.length)]),
    );
    const overrides = [{ at, steps: [zero(places)] }];
    const together = outputOf(await model.run(rows, everything, [], { overrides }));
    for (const [row, place] of places.entries()) {
      const steps = [zero([place])];
      const alone = await model.run(first, everything, [], { overrides: [{ at, steps }] });
      const size = together.data.length / places.length;
      const data = together.data.subarray(row * size, (row + 1) * size);
      const own = { dims: [1, ...together.dims.slice(1)], data };
      near(own, outputOf(alone), 1e-4, `${point} of token ${place}`);
      assert.ok(worst(own, outputOf(plain)) > 1e-4, `${point} of token ${place} is read`);
    }
  }
}

function rowOf({ dims, data }: Feed, row: number): Feed {
  const size = data.length / (dims[0] ?? 1);
  return { dims: [1, ...dims.slice(1)], data: data.slice(row * size, (row + 1) * size) };
}

function repeated({ dims, data }: Feed, count: number): Feed {
  const all = Array.from({ length: count }, () => [...data].map(Number)).flat();
  const like = data instanceof BigInt64Array ? BigInt64Array.from(all, BigInt) : data.slice(0, 0);
  assert.ok(like.length > 0, 'ids and masks are whole numbers');
  return { dims: [count, ...dims.slice(1)], data: like };
}

async function checkModel(model: InstrumentedModel, feeds: Feeds): Promise<void> {
  const { card } = model;
  const tolerance = tolerances[card.precision] ?? 0;
  const places = placesOf(model);
  const plain = await model.run(feeds, everything);
  const read = await model.run(feeds, { ...everything, points: places });
  const points = read.points ?? [];
  assert.equal(points.length, places.length);
  near(outputOf(read), outputOf(plain), tolerance, 'nothing changed');
  if (card.precision === 'float32') neutral.push(worst(outputOf(read), outputOf(plain)));
  for (const { at, tensor } of points) {
    const expected = expectedAt(plain, at);
    if (expected) near(tensor, expected, tolerance, nameOf(at));
  }

  // What a run computes by itself changes nothing where it is put there, whatever the graph's layout.
  const itself = points.map(({ at, tensor }) => ({ at, steps: [replaced(at, tensor)] }));
  const same = await model.run(feeds, everything, [], { overrides: itself });
  near(outputOf(same), outputOf(read), tolerance, 'each point replaced with itself');

  for (const { at, tensor } of firstOfEach(points)) {
    const zeros = { dims: tensor.dims, data: new Float32Array(tensor.data.length) };
    const steps = [at.point === 'maskedScores' ? blocked(tensor) : replaced(at, zeros)];
    const request = { ...everything, points: [at] };
    const changed = await model.run(feeds, request, [], { overrides: [{ at, steps }] });
    const [after] = changed.points ?? [];
    assert.ok(after);
    if (at.point !== 'maskedScores') assert.ok(after.tensor.data.every(value => value === 0));
    const moved = worst(outputOf(changed), outputOf(read));
    assert.ok(moved > 1e-7, `${nameOf(at)} is read by what follows: ${moved}`);
    assert.deepEqual(changed.refused ?? new Map(), plain.refused ?? new Map(), nameOf(at));
  }

  const again = await model.run(feeds, everything);
  assert.deepEqual(again.logits?.data, plain.logits?.data);
  assert.deepEqual(again.hiddenStates, plain.hiddenStates);
}

/** Every place that the card names, stack by stack. */
function placesOf({ card }: InstrumentedModel): PointAt[] {
  return (card.points ?? []).flatMap(({ stack, kind, point, layers }) =>
    layers.flatMap((layer): PointAt[] =>
      point === 'token' ? [] : [{ stack, layer, point, ...(kind ? { kind } : {}) }],
    ),
  );
}

function firstOfEach(points: readonly PointCapture[]): readonly PointCapture[] {
  const seen = new Set<string>();
  return points.filter(({ at }) => {
    const key = `${at.stack} ${at.kind ?? ''} ${at.point}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** The same numbers as a plain run shows them elsewhere. */
function expectedAt(plain: ModelRun, at: PointAt): Tensor | undefined {
  if (at.point === 'residual') return plain.hiddenStates[at.stack]?.[at.layer];
  if (at.point === 'attentionOutput' || at.point === 'feedForwardOutput') return undefined;
  const site = plain.sites.find(
    capture =>
      capture.site.stack === at.stack &&
      capture.site.layer === at.layer &&
      capture.site.kind === (at.kind ?? 'self'),
  );
  const own: SiteCapture | undefined = site && sameSite(plain, site.site);
  return own?.[at.point];
}

function replaced(at: PointAt, { dims, data }: Tensor): PointStep {
  const isState = (STATE_POINTS as readonly string[]).includes(at.point);
  const [batch = 1, ...others] = dims;
  const all = isState ? [batch, 1, ...others] : dims;
  return {
    mask: { dims: [1, 1, 1, 1], data: Uint8Array.of(1) },
    value: { dims: all, data },
  };
}

/** The first key of every row is blocked. */
function blocked({ dims: [, , , keys = 1] }: Tensor): PointStep {
  const add = new Float32Array(keys).fill(-0);
  add[0] = -1e4;
  return { add: { dims: [1, 1, 1, keys], data: add } };
}

function outputOf(run: ModelRun): Tensor {
  const states = Object.values(run.hiddenStates).at(-1)?.at(-1);
  const output = run.logits ?? states ?? run.sites.at(-1)?.headOutput;
  assert.ok(output);
  return output;
}

function near(actual: Tensor, expected: Tensor, tolerance: number, what: string): void {
  assert.deepEqual(actual.dims, expected.dims, what);
  const error = worst(actual, expected);
  assert.ok(error <= tolerance, `${what}: ${error}`);
}

/** Largest difference, as a fraction of the largest value; equal infinities are equal. */
function worst(actual: Tensor, expected: Tensor): number {
  let most = 0;
  let largest = 1;
  for (const [i, value] of actual.data.entries()) {
    const other = expected.data[i] ?? NaN;
    if (Object.is(value, other) || (value < -1e3 && other < -1e3)) continue;
    const difference = Math.abs(value - other);
    most = Number.isNaN(difference) ? Infinity : Math.max(most, difference);
    largest = Math.max(largest, Math.abs(other));
  }
  return most / largest;
}

function nameOf({ stack, layer, kind, point }: PointAt): string {
  return `${stack} layer ${layer} ${kind ?? ''} ${point}`;
}
