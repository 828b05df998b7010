import assert from 'node:assert/strict';
import { largestDifference } from '../../../src/inspector/model/probe/original';

describe('the largest difference between two outputs', () => {
  const of = (...data: number[]) => ({ dims: [data.length], data: Float32Array.from(data) });

  it('is infinite where only one is a number, whatever stands beside it', () => {
    assert.equal(largestDifference(of(1, 2), of(NaN, 2)), Infinity);
    assert.equal(largestDifference(of(NaN, 2), of(1, 2)), Infinity);
    assert.equal(largestDifference(of(1, 2), of(Infinity, 2)), Infinity);
  });

  it('is relative to the largest value', () => {
    assert.equal(largestDifference(of(1, 3), of(2, 4)), 0.25);
  });
});
