import assert from 'node:assert/strict';
import { panelChecks } from '../../../src/protocol/panel';

describe('what the host accepts from the webview', () => {
  const block = { stack: 'encoder', kind: 'self' };

  it('takes well-formed requests as they are', () => {
    const map = { capture: 'a', block, layer: 0, head: 'mean' };
    assert.deepEqual(panelChecks.map(map), map);
    const feeds = { feeds: { temperature: 2, head_mask: [1, 0] } };
    assert.deepEqual(panelChecks.setFeeds(feeds), feeds);
    assert.deepEqual(panelChecks.hoverToken({ token: null }), { token: null });
  });

  const malformed: [keyof typeof panelChecks, unknown][] = [
    ['ready', null],
    ['ready', { extra: 1 }],
    ['map', { capture: 'a', block, layer: -1, head: 0 }],
    ['map', { capture: 'a', block, layer: 0.5, head: 0 }],
    ['map', { capture: 'a', block, layer: 0, head: 'median' }],
    ['map', { capture: 'a'.repeat(65), block, layer: 0, head: 0 }],
    ['map', { capture: 'a', block: { stack: 'tower', kind: 'self' }, layer: 0, head: 0 }],
    ['row', { capture: 'a', block, layer: 0, head: 0, query: NaN }],
    ['row', { capture: 'a', block, layer: 0, head: 0, query: Infinity }],
    ['layerRows', { capture: 'a', block, layer: 0, query: -1 }],
    ['layerRows', { capture: 'a', block, layer: 0, query: 0, head: 0 }],
    ['pair', { capture: 'a', block, query: '0', key: 0 }],
    ['hoverToken', { token: 1e12 }],
    ['useModel', { reference: 'x'.repeat(5000) }],
    ['remedy', { remedy: 'rm -rf' }],
    ['cancel', 'now'],
    ['setFeeds', { feeds: { temperature: '2' } }],
    ['setFeeds', { feeds: { temperature: NaN } }],
    ['setFeeds', { feeds: { temperature: [] } }],
    ['setFeeds', { feeds: { ['x'.repeat(600)]: 1 } }],
    ['setFeeds', { feeds: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, 1])) }],
  ];
  for (const [method, params] of malformed) {
    it(`refuses ${method} ${JSON.stringify(params).slice(0, 60)}`, () => {
      assert.throws(() => panelChecks[method](params), { code: 'internal' });
    });
  }
});
