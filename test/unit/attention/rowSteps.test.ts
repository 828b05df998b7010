import assert from 'node:assert/strict';
import { fromHead, fromLayer, norm } from '../../../src/inspector/attention/outputStage';
import {
  addedBias,
  capped,
  dotProduct,
  softmaxParts,
  weightError,
} from '../../../src/inspector/attention/rowSteps';
import { matchRotated } from '../../../src/inspector/capture/matchRotated';
import { valueNorms } from '../../../src/inspector/capture/valueNorms';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import { seededRandom } from '../../support/seededRandom';

const random = seededRandom(11);
const filled = (dims: readonly number[]): Tensor => ({
  dims,
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1),
});
const near = (actual: number | undefined, expected: number, tolerance = 1e-6) =>
  assert.ok(Math.abs((actual ?? NaN) - expected) <= tolerance, `${actual}, expected ${expected}`);

describe('steps of one row', () => {
  it('caps scores by tanh, and leaves them where there is no cap', () => {
    assert.equal(capped(3, undefined), 3);
    near(capped(3, 2), 2 * Math.tanh(1.5));
    near(capped(-1000, 2), -2);
  });

  it('finds the bias between score and softmax, and none in rounding', () => {
    const scores = Float32Array.of(1, 2, 3);
    const bias = addedBias(scores, Float32Array.of(1.5, 1, -Infinity), undefined, false);
    assert.deepEqual(bias, Float32Array.of(0.5, -1, 0));
    const rounded = Float32Array.of(1.000001, 2, -3.4e38);
    assert.equal(addedBias(scores, rounded, undefined, false), undefined);
    assert.ok(addedBias(scores, rounded, undefined, true), 'a model with a bias has one of 0 too');
    const masked = Float32Array.from(scores, score => capped(score, 2) + 0.25);
    addedBias(scores, masked, 2, false)?.forEach(value => near(value, 0.25));
  });

  it('splits the softmax into its largest input and its sum', () => {
    const { maximum, normaliser } = softmaxParts([1, 3, -Infinity]);
    assert.equal(maximum, 3);
    near(normaliser, 1 + Math.exp(-2), 1e-12);
  });

  it('multiplies vectors at their places', () => {
    const q = Float32Array.of(9, 1, 2);
    near(dotProduct(q, 1, Float32Array.of(9, 9, 3, 4), 2, 2), 11);
  });

  it('measures how far the weights are from those recomputed', () => {
    const products = Float64Array.of(2, 4, 100);
    const masked = Float32Array.of(1, 2, -Infinity);
    const z = 1 + Math.exp(-1);
    const weights = Float32Array.of(Math.exp(-1) / z, 1 / z, 0);
    near(weightError(products, 0.5, undefined, undefined, masked, weights), 0);
    const doctored = Float32Array.of((weights[0] ?? 0) + 0.01, (weights[1] ?? 0) - 0.01, 0);
    near(weightError(products, 0.5, undefined, undefined, masked, doctored), 0.01);
    near(
      weightError(products, 0.5, undefined, undefined, masked, Float32Array.of(0.2, 0.7, 0.1)),
      0.1,
      0.1,
    );
    const leak = Float32Array.of(weights[0] ?? 0, weights[1] ?? 0, 0.5);
    near(weightError(products, 0.5, undefined, undefined, masked, leak), 0.5);
    assert.ok(
      Number.isNaN(
        weightError(products, 0.5, undefined, undefined, masked, Float32Array.of(NaN, 0, 0)),
      ),
    );
  });

  it('takes a row that is blocked altogether as the model computed it', () => {
    const masked = Float32Array.of(-3.4e38, -3.4e38);
    const even = Float32Array.of(0.5, 0.5);
    near(weightError(Float64Array.of(1, 2), 1, undefined, undefined, masked, even), 0);
  });
});

describe('from the heads to the residual stream', () => {
  const [heads, headDim, modelDim, queries] = [3, 4, 5, 2];
  const z = filled([1, heads, queries, headDim]);
  const weights = filled([heads, headDim, modelDim]).data;
  const bias = filled([modelDim]).data;
  const projection = { weights, modelDim, bias, biasComesAfter: false };

  it('sums the parts of the heads and the bias to the layer', () => {
    const { fromLayer: whole, normOfHeads } = fromLayer(z, projection, 1);
    for (let d = 0; d < modelDim; d++) {
      let sum = bias[d] ?? 0;
      for (let row = 0; row < heads * headDim; row++) {
        const head = Math.floor(row / headDim);
        const entry = z.data[(head * queries + 1) * headDim + (row % headDim)] ?? 0;
        sum += entry * (weights[row * modelDim + d] ?? 0);
      }
      near(whole[d], sum);
    }
    for (let head = 0; head < heads; head++) {
      near(normOfHeads[head], norm(fromHead(z, projection, head, 1)));
    }
  });

  it('measures the length of each value after W_O', () => {
    const value = filled([1, 1, 6, headDim]);
    const norms = valueNorms(value, 0, projection, 2);
    for (let key = 0; key < 6; key++) {
      const one = {
        dims: [1, 1, 1, headDim],
        data: value.data.slice(key * headDim, (key + 1) * headDim),
      };
      const rows = { ...projection, weights: weights.slice(2 * headDim * modelDim) };
      near(norms[key], norm(fromHead(one, rows, 0, 0)));
    }
  });
});

describe('what is rotated', () => {
  it('is recognised in any layout by the lengths of its vectors', () => {
    const [heads, rows, headDim] = [2, 3, 4];
    const before = filled([1, heads, rows, headDim]);
    const rotated = { dims: before.dims, data: before.data.slice() };
    for (let i = 0; i < rotated.data.length; i += 2) {
      const [a = 0, b = 0] = before.data.subarray(i, i + 2);
      rotated.data[i] = a * Math.cos(i) - b * Math.sin(i);
      rotated.data[i + 1] = a * Math.sin(i) + b * Math.cos(i);
    }
    const packed = new Float32Array(before.data.length);
    for (let head = 0; head < heads; head++) {
      for (let row = 0; row < rows; row++) {
        const from = (head * rows + row) * headDim;
        packed.set(before.data.subarray(from, from + headDim), (row * heads + head) * headDim);
      }
    }
    for (const tensor of [before, { dims: [rows, heads * headDim], data: packed }]) {
      assert.deepEqual(matchRotated(tensor, rotated)?.data, before.data);
    }
    assert.equal(matchRotated(filled(before.dims), rotated), undefined);
    assert.equal(matchRotated(filled([1, 1, 3, 4]), rotated), undefined);
  });
});
