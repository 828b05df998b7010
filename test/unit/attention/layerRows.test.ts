import assert from 'node:assert/strict';
import { layerRows } from '../../../src/inspector/capture/layerRows';
import { rowsOfHeads } from '../../../src/webview/reading/rowFacts';
import { realOf } from '../../webview/support/realNumbers';

describe('rows of one query in each head of a layer', () => {
  const place = { block: { stack: 'encoder', kind: 'self' }, layer: 3, query: 5 } as const;

  for (const [name, choice] of [
    ['weights', {}],
    ['norms', { measure: 'norm' }],
    ['words', { grouping: 'word' }],
  ] as const) {
    it(`are those of the single heads: ${name}`, async () => {
      const capture = realOf('encoder');
      const packed = await layerRows(capture, { ...place, ...choice });
      const rows = rowsOfHeads(packed);
      assert.equal(rows.length, 4);
      for (const [head, { query, weights, allowed }] of rows.entries()) {
        const own = await capture.row({ ...place, ...choice, head });
        assert.equal(query, own.query);
        assert.deepEqual(weights, own.weights);
        assert.deepEqual(allowed, own.allowed);
      }
    });
  }

  it('refuses a query and a layer that are not there', async () => {
    await assert.rejects(layerRows(realOf('encoder'), { ...place, query: 1000 }));
    await assert.rejects(layerRows(realOf('encoder'), { ...place, layer: 99 }));
  });
});
