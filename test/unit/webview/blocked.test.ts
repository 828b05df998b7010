import assert from 'node:assert/strict';
import type { Intervention } from '../../../src/protocol/intervention';
import type { MaskKind } from '../../../src/protocol/model';
import {
  blockedLegend,
  blockedWords,
  isBlockedByIntervention,
} from '../../../src/webview/reading/blocked';
import { summaryOf } from '../../webview/support/layersView';
import { RECIPES } from '../../webview/support/recipes';

const block = { stack: 'decoder', kind: 'self' } as const;
const plain = summaryOf(RECIPES.decoder);
const edge = { block, layer: 1, heads: [2], query: 5, key: 3 };

const blocking = (
  at: Partial<Intervention['at']> = {},
  more: Partial<Intervention> = {},
): Intervention => ({
  kind: 'intervention',
  at: { point: 'maskedScores', layer: 1, heads: [2], tokens: [5], keys: [3], ...at },
  how: { block: true },
  ...more,
});
const run = (...changes: readonly Intervention[]) => ({ ...plain, changes });
const blocks = (...changes: readonly Intervention[]): boolean =>
  isBlockedByIntervention(run(...changes), edge);

describe('what blocks an edge', () => {
  it('an intervention that is on and covers its layer, head, query and key', () => {
    assert.equal(blocks(blocking()), true);
    assert.equal(blocks({ ...blocking(), at: { point: 'maskedScores' } }), true);
    assert.equal(blocks({ ...blocking(), at: { point: 'maskedScores', layers: [0, 1] } }), true);
    assert.equal(blocks(blocking({ layer: 0 })), false);
    assert.equal(blocks({ ...blocking(), at: { point: 'maskedScores', layers: [2, 3] } }), false);
    assert.equal(blocks(blocking({ heads: [1, 3] })), false);
    assert.equal(blocks(blocking({ tokens: [4] })), false);
    assert.equal(blocks(blocking({ keys: [5] })), false);
    assert.equal(blocks(blocking({ stack: 'encoder' })), false);
    assert.equal(blocks(blocking({ kind: 'cross' })), false);
    assert.equal(blocks(blocking({}, { on: false })), false);
    assert.equal(blocks(blocking({ point: 'weights' }, { how: { zero: true } })), false);
    assert.equal(blocks(), false);
  });

  it('where its conditions hold', () => {
    const text = plain.tokens.decoder?.[5]?.text ?? '';
    assert.equal(blocks(blocking({}, { only: { token: text } })), true);
    assert.equal(blocks(blocking({}, { only: { token: `${text}x` } })), false);
    assert.equal(blocks(blocking({}, { only: { positions: [5, 6] } })), true);
    assert.equal(blocks(blocking({}, { only: { positions: [6, 7] } })), false);
    assert.equal(blocks(blocking({}, { only: { layers: [2, 3] } })), false);
    assert.equal(blocks(blocking({}, { only: { ahead: [-3, -2] } })), true);
    assert.equal(blocks(blocking({}, { only: { ahead: [1, 9] } })), false);
  });

  it('of several heads, each one by some intervention', () => {
    const both = { ...edge, heads: [0, 2] };
    assert.equal(isBlockedByIntervention(run(blocking()), both), false);
    assert.equal(isBlockedByIntervention(run(blocking(), blocking({ heads: [0] })), both), true);
  });

  it('reads so, and the hatch is of both where the mask blocks too', () => {
    const place = { block, layer: 1, head: 2 };
    const words = (key: number): string =>
      blockedWords(run(blocking()), place, 'token', { query: 5, key });
    assert.equal(words(3), 'blocked by an intervention');
    assert.equal(words(6), 'blocked by the mask');
    const masked = (mask: MaskKind, ...changes: readonly Intervention[]) =>
      blockedLegend(
        { ...run(...changes), sites: plain.sites.map(site => ({ ...site, mask })) },
        place,
      );
    assert.equal(masked({ kind: 'causal' }), 'blocked by the mask');
    assert.equal(masked({ kind: 'causal' }, blocking()), 'blocked');
    assert.equal(masked({ kind: 'causal' }, blocking({ heads: [1] })), 'blocked by the mask');
    assert.equal(masked({ kind: 'bidirectional' }, blocking()), 'blocked by an intervention');
  });
});
