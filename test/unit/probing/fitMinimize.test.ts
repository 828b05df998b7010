import assert from 'node:assert/strict';
import {
  minimize,
  type MinimizeOptions,
  type Minimum,
  type Slope,
} from '../../../src/inspector/probing/fit/minimize';
import { preconditioner } from '../../../src/inspector/probing/fit/precondition';
import { seededRandom } from '../../support/seededRandom';

function run(
  slopeAt: (point: Float64Array) => Slope,
  start: Float64Array,
  options: Partial<MinimizeOptions> = {},
): Minimum {
  const steps = minimize(start, { tolerance: 1e-12, evaluations: 500, ...options });
  let step = steps.next();
  while (!step.done) step = steps.next(slopeAt(step.value));
  return step.value;
}

/** Rosenbrock's valley, lowest at (1, 1). */
function valley([x = 0, y = 0]: ArrayLike<number> & Iterable<number>): Slope {
  return {
    loss: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
  };
}

/** Σ i·(x_i − i)² / 2 + 7 */
function bowl(point: Float64Array): Slope {
  return {
    loss: point.reduce((sum, value, i) => sum + (i * (value - i) ** 2) / 2, 7),
    gradient: point.map((value, i) => i * (value - i)),
  };
}

describe('minimize', () => {
  it('finds the bottom of a bowl and of a curved valley', () => {
    const { point, loss } = run(bowl, new Float64Array(50));
    point.forEach((value, i) => assert.ok(Math.abs(value - i) < 1e-3, `${i}: ${value}`));
    assert.ok(Math.abs(loss - 7) < 1e-6);
    const bottom = run(valley, Float64Array.of(-1.2, 1));
    assert.ok(Math.abs((bottom.point[0] ?? 0) - 1) < 1e-4, String(bottom.point));
    assert.ok(bottom.evaluations < 100, String(bottom.evaluations));
  });

  it('stops at the tolerance and at the most evaluations', () => {
    const start = new Float64Array(50);
    const [rough, fine] = [1e-2, 1e-12].map(tolerance => run(bowl, start, { tolerance }));
    assert.ok(rough && fine && rough.evaluations < fine.evaluations && rough.loss > fine.loss);
    assert.equal(run(valley, Float64Array.of(-1.2, 1), { evaluations: 7 }).evaluations, 7);
  });

  it('ends at once where there is no slope', () => {
    const flat = () => ({ loss: 3, gradient: new Float64Array(4) });
    const { evaluations, loss } = run(flat, new Float64Array(4));
    assert.deepEqual([evaluations, loss], [1, 3]);
  });

  it('ends with the last good point where the loss is no number', () => {
    const cliff = (point: Float64Array): Slope =>
      (point[0] ?? 0) < 0.5
        ? { loss: 1 - (point[0] ?? 0), gradient: Float64Array.of(-1) }
        : { loss: NaN, gradient: Float64Array.of(NaN) };
    const { point, loss } = run(cliff, Float64Array.of(0));
    assert.ok((point[0] ?? NaN) < 0.5);
    assert.equal(loss, 1 - (point[0] ?? NaN));
  });
});

describe('preconditioner', () => {
  const [dims, items, decay] = [6, 40, 0.01];
  const random = seededRandom(5);
  const features = Float64Array.from({ length: items * dims }, (_, i) => (i % dims) + random());
  const gram = new Float32Array(dims * dims);
  for (let i = 0; i < dims * dims; i++) {
    for (let item = 0; item < items; item++) {
      const [row, column] = [Math.floor(i / dims), i % dims];
      gram[i] =
        (gram[i] ?? 0) + (features[item * dims + row] ?? 0) * (features[item * dims + column] ?? 0);
    }
  }
  const breathe = () => Promise.resolve();

  it('makes the curvature the identity', async () => {
    const root = await preconditioner(gram, { dims, items, decay }, breathe);
    for (let a = 0; a < dims; a++) {
      for (let b = 0; b < dims; b++) {
        let sum = 0;
        for (let i = 0; i < dims; i++) {
          for (let j = 0; j < dims; j++) {
            const curvature = (0.05 * (gram[i * dims + j] ?? 0)) / items + (i === j ? decay : 0);
            sum += (root[i * dims + a] ?? 0) * curvature * (root[j * dims + b] ?? 0);
          }
        }
        assert.ok(Math.abs(sum - (a === b ? 1 : 0)) < 1e-3, `${a}, ${b}: ${sum}`);
      }
    }
  });

  it('is the identity where the covariance is none', async () => {
    const broken = gram.map(value => -value);
    const root = await preconditioner(broken, { dims, items, decay }, breathe);
    assert.deepEqual(
      [...root],
      [...root].map((_, i) => (i % (dims + 1) === 0 ? 1 : 0)),
    );
  });
});
