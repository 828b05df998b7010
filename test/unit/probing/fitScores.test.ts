import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { applyProbe } from '../../../src/inspector/probing/fit/applyProbe';
import {
  centreOfGravity,
  expectedLayer,
  scoreGradient,
  sharesOf,
} from '../../../src/inspector/probing/fit/mixScores';
import {
  blockBits,
  codeBlocks,
  compressionOf,
  uniformBits,
} from '../../../src/inspector/probing/fit/onlineCode';
import { sampleItems } from '../../../src/inspector/probing/fit/sample';
import {
  hits,
  largestOfRows,
  macroF1,
  majorityShare,
  wilson,
} from '../../../src/inspector/probing/fit/fitScores';

interface Oracle {
  readonly wilson: readonly { successes: number; count: number; low: number; high: number }[];
}

const close = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);

describe('probe scores', () => {
  it('gives the Wilson intervals of SciPy', () => {
    const oracle = JSON.parse(readFileSync('test/fixtures/probing/fit.json', 'utf8')) as Oracle;
    assert.ok(oracle.wilson.length >= 5);
    for (const { successes, count, low, high } of oracle.wilson) {
      const share = wilson(successes, count);
      assert.equal(share.value, successes / count);
      close(share.low, low, 1e-12);
      close(share.high, high, 1e-12);
    }
  });

  it('averages F1 over the classes of the test part', () => {
    const labels = Int32Array.of(0, 0, 0, 1, 1, 2);
    const found = Int32Array.of(0, 0, 1, 1, 3, 0);
    // Class 0: 2·2/(3+3); class 1: 2·1/(2+2); class 2: 0; class 3 is in no label.
    close(macroF1(labels, found, 5), (4 / 6 + 2 / 4 + 0) / 3);
    assert.equal(hits(labels, found), 3);
  });

  it('takes the majority class from the training part', () => {
    const train = Int32Array.of(1, 1, 0, 2);
    assert.equal(majorityShare(train, Int32Array.of(0, 0, 0, 1), 3), 0.25);
  });

  it('chooses the first of the largest logits', () => {
    assert.deepEqual([...largestOfRows(Float32Array.of(1, 3, 3, -2, -1, -5), 3)], [1, 1]);
  });

  it('computes the expected layers of BERT-base from its published scores', () => {
    const rows: readonly (readonly [number, string])[] = [
      [2.52, '85.2 90.2 91.3 92.6 93.7 94.1 94.6 94.9 95.2 95.2 95.1 95.3 95.2'],
      [1.76, '88.4 93.5 95.0 95.4 96.0 96.4 96.4 96.4 96.6 96.5 96.6 96.4 96.5'],
      [3.62, '80.0 82.5 84.3 85.2 86.9 87.6 88.3 88.9 90.3 90.4 90.6 90.3 90.2'],
    ];
    for (const [expected, row] of rows) {
      // From unrounded scores; these are rounded to a tenth, which moves the layer a little.
      close(expectedLayer(row.split(' ').map(Number)) ?? NaN, expected, 0.03);
    }
  });

  it('computes an expected layer by hand, with a layer that loses', () => {
    // Gains 0.2, 0.1, −0.1: (1·0.2 + 2·0.1 − 3·0.1) / 0.2.
    close(expectedLayer([0.5, 0.7, 0.8, 0.7]) ?? NaN, 0.5);
  });

  it('has no expected layer where the mix gains nothing', () => {
    assert.equal(expectedLayer([0.7, 0.8, 0.7]), undefined);
    assert.equal(expectedLayer([0.7, 0.6]), undefined);
    assert.equal(expectedLayer([0.7]), undefined);
  });

  it('computes the centre of gravity and the softmax behind it', () => {
    const shares = sharesOf(Float64Array.of(0, Math.log(2), Math.log(5)));
    close(shares[1] ?? NaN, 0.25, 1e-7);
    close(centreOfGravity(shares), 0.25 + 2 * 0.625, 1e-6);
  });

  it('takes the slope through the softmax', () => {
    const scores = Float64Array.of(0.3, -1, 0.8);
    const byShare = Float32Array.of(2, -1, 0.5);
    const loss = (at: Float64Array) =>
      sharesOf(at).reduce((sum, share, i) => sum + share * (byShare[i] ?? 0), 0);
    const slope = scoreGradient(sharesOf(scores), byShare);
    for (const i of [0, 1, 2]) {
      const [above, below] = [scores.slice(), scores.slice()];
      above[i] = (above[i] ?? 0) + 1e-2;
      below[i] = (below[i] ?? 0) - 1e-2;
      close(slope[i] ?? NaN, (loss(above) - loss(below)) / 2e-2, 1e-4);
    }
  });
});

describe('online code', () => {
  it('cuts the items at the portions of Voita & Titov', () => {
    assert.deepEqual(codeBlocks(10_000), [10, 20, 40, 80, 160, 320, 625, 1250, 2500, 5000, 10_000]);
  });

  it('leaves out blocks without items', () => {
    assert.deepEqual(codeBlocks(20), [1, 3, 5, 10, 20]);
    assert.deepEqual(codeBlocks(1), [1]);
  });

  it('counts the bits of a block by hand', () => {
    // Probabilities 1/2 and 1/4, 3/4 and 1/8 of the labels.
    const logits = Float32Array.from([0.5, 0.5, 0.25, 0.75, 7 / 8, 1 / 8], Math.log);
    close(blockBits(logits, Int32Array.of(1, 0, 1), 2), 1 + 2 + 3, 1e-5);
  });

  it('does not overflow', () => {
    close(blockBits(Float32Array.of(0, 1000), Int32Array.of(0), 2), 1000 / Math.LN2, 1e-6);
  });

  it('compares with the uniform code', () => {
    assert.equal(uniformBits(100, 8), 300);
    assert.equal(compressionOf(60, 100, 8), 5);
    assert.equal(compressionOf(0, 100, 1), 1);
  });
});

describe('sample of items', () => {
  it('is a permutation that the seed repeats', () => {
    const order = sampleItems(1000, 2000, 3);
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      [...Array(1000).keys()],
    );
    assert.deepEqual(order, sampleItems(1000, 1000, 3));
    assert.notDeepEqual(order, sampleItems(1000, 1000, 4));
  });

  it('draws every item equally often', () => {
    const counts = new Float64Array(20);
    for (let seed = 0; seed < 4000; seed++) {
      for (const item of sampleItems(20, 5, seed)) counts[item] = (counts[item] ?? 0) + 1;
    }
    // 1,000 expected, deviation 27.
    for (const count of counts) assert.ok(Math.abs(count - 1000) < 150, String(count));
  });
});

describe('applying a probe', () => {
  it('gives the class and its probability by hand', () => {
    const probe = { weights: Float32Array.of(1, 0, 0, 1), bias: Float32Array.of(0, Math.log(3)) };
    const { labels, probabilities } = applyProbe(probe, Float32Array.of(0, 0, 5, 0), 2, 2);
    assert.deepEqual([...labels], [1, 0]);
    close(probabilities[0] ?? NaN, 0.75, 1e-6);
    close(probabilities[1] ?? NaN, 1 / (1 + 3 * Math.exp(-5)), 1e-6);
  });
});
