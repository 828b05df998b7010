import assert from 'node:assert/strict';
import type { Intervention } from '../../../src/protocol/intervention';
import {
  countOn,
  isSameIntervention,
  moved,
  removed,
  replaced,
  switched,
} from '../../../src/webview/app/interventions/list';

const off = (layer: number): Intervention => ({
  kind: 'intervention',
  at: { layer, point: 'headOutput', heads: [1] },
  how: { zero: true },
});
const list = [off(0), switched(off(1), false), off(2)];
const layers = (of: readonly Intervention[]) => of.map(({ at }) => at.layer);

describe('The list of interventions', () => {
  it('counts those that are on', () => assert.equal(countOn(list), 2));

  it('switches one off and on again without leaving a trace', () => {
    assert.deepEqual(switched(off(0), false), { ...off(0), on: false });
    assert.deepEqual(switched(switched(off(0), false), true), off(0));
  });

  it('keeps the condition of one that is switched', () => {
    const one: Intervention = { ...off(0), only: { token: 'dog' } };
    assert.deepEqual(switched(one, false), { ...one, on: false });
  });

  it('moves one up and down, and not over the ends', () => {
    assert.deepEqual(layers(moved(list, 0, 1)), [1, 0, 2]);
    assert.deepEqual(layers(moved(list, 2, 0)), [2, 0, 1]);
    assert.equal(moved(list, 0, -1), list);
    assert.equal(moved(list, 2, 3), list);
  });

  it('takes one away and puts another in its place', () => {
    assert.deepEqual(layers(removed(list, 1)), [0, 2]);
    assert.deepEqual(layers(replaced(list, 1, off(5))), [0, 5, 2]);
  });

  it('knows one again, on or off, and tells it from one at another place', () => {
    assert.ok(isSameIntervention(off(1), switched(off(1), false)));
    assert.ok(!isSameIntervention(off(1), off(2)));
    assert.ok(!isSameIntervention(off(1), { ...off(1), only: { token: 'dog' } }));
  });
});
