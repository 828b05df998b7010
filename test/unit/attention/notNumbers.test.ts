import assert from 'node:assert/strict';
import { mapOf, smallCapture, tokensOf } from '../../support/smallCapture';

const tokens = { encoder: tokensOf('a b c') };
const fine = mapOf([1, 0, 0], [0.5, 0.5, 0], [0.2, 0.3, 0.5]);

describe('weights that are not numbers', () => {
  it('says nothing where all are numbers', () => {
    const { summary } = smallCapture({ tokens, blocks: [{ layers: [[fine], [fine]] }] });
    assert.equal(summary.notNumbers, undefined);
  });

  it('names the first head, its queries, and how many heads there are', () => {
    const some = mapOf([1, 0, 0], [NaN, NaN, NaN], [0, NaN, 0]);
    const { summary } = smallCapture({
      tokens,
      blocks: [
        {
          layers: [
            [fine, fine],
            [fine, some],
            [some, fine],
          ],
        },
      ],
    });
    assert.deepEqual(summary.notNumbers, {
      stack: 'encoder',
      kind: 'self',
      layer: 1,
      head: 1,
      query: 1,
      queries: 2,
      of: 3,
      isMasked: false,
      heads: 2,
    });
  });

  it('tells a query that may see nothing from a broken one', () => {
    const masked = mapOf([1, 0, 0], ['x', 'x', 'x'], [0.2, 0.3, 0.5]);
    const weights = Float32Array.from(masked.weights);
    weights.fill(NaN, 3, 6);
    const { summary } = smallCapture({
      tokens,
      blocks: [{ layers: [[{ ...masked, weights }]] }],
    });
    assert.equal(summary.notNumbers?.isMasked, true);
    assert.equal(summary.notNumbers.queries, 1);
  });
});
