import assert from 'node:assert/strict';
import { keyHeadOf, scoreRow, scores } from '../../../src/inspector/attention/scores';
import type { AttentionSite } from '../../../src/protocol/model';

const site: AttentionSite = {
  stack: 'decoder',
  kind: 'self',
  layer: 0,
  heads: 4,
  keyHeads: 2,
  headDim: 2,
  scale: 0.5,
  mask: { kind: 'causal' },
  positional: { kind: 'none' },
  check: { result: 'exact', worst: 0 },
  graph: { operator: 'Softmax', node: '' },
};
const query = { dims: [1, 4, 3, 2], data: Float32Array.from({ length: 24 }, (_, i) => i - 11) };
const key = { dims: [1, 2, 3, 2], data: Float32Array.from({ length: 12 }, (_, i) => (i % 5) - 2) };

describe('scores', () => {
  it('lets neighbouring query heads share a key head', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map(head => keyHeadOf(site, head)),
      [0, 0, 1, 1],
    );
  });

  it('is q·k × scale for every pair', () => {
    const all = scores(site, query, key);
    assert.deepEqual(all.dims, [1, 4, 3, 3]);
    for (let head = 0; head < 4; head++) {
      for (let q = 0; q < 3; q++) {
        for (let k = 0; k < 3; k++) {
          let dot = 0;
          for (let d = 0; d < 2; d++) {
            const shared = Math.floor(head / 2);
            dot += query.data[(head * 3 + q) * 2 + d]! * key.data[(shared * 3 + k) * 2 + d]!;
          }
          assert.equal(all.data[(head * 3 + q) * 3 + k], dot * 0.5);
        }
      }
    }
  });

  it('gives the same for one row', () => {
    const row = new Float32Array(3);
    scoreRow(site, query, key, { batch: 0, head: 3, query: 1 }, row);
    assert.deepEqual(row, scores(site, query, key).data.slice(30, 33));
  });
});
