import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { Latest } from '../../../src/inspector/capture/latest';

describe('what was fetched last', () => {
  /** A fetch whose answers are given by hand, and how often it was asked for. */
  function byHand(limit: number) {
    const calls: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
    const latest = new Latest<string, string>(
      limit,
      () => new Promise((resolve, reject) => calls.push({ resolve, reject })),
    );
    return { latest, calls };
  }

  it('is fetched once, and again where it failed', async () => {
    const { latest, calls } = byHand(2);
    const first = latest.get('a');
    calls[0]?.reject(new Error('no'));
    await assert.rejects(first, /no/);
    const second = latest.get('a');
    calls[1]?.resolve('yes');
    assert.equal(await second, 'yes');
    assert.equal(await latest.get('a'), 'yes');
    assert.equal(calls.length, 2);
  });

  it('stays where an older fetch of the same key fails later', async () => {
    const { latest, calls } = byHand(1);
    const old = latest.get('a');
    void latest.get('b');
    const newer = latest.get('a');
    calls[2]?.resolve('yes');
    assert.equal(await newer, 'yes');
    calls[0]?.reject(new Error('late'));
    await assert.rejects(old, /late/);
    await setImmediate();
    assert.equal(await latest.get('a'), 'yes');
    assert.equal(calls.length, 3);
  });
});
