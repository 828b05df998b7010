import assert from 'node:assert/strict';
import type { CaptureSummary } from '../../../src/protocol/capture';
import { LocusHistory } from '../../../src/webview/app/locusHistory';
import type { Locus } from '../../../src/webview/reading/place';
import { initialState, type State } from '../../../src/webview/app/state';
import { Store } from '../../../src/webview/app/store';

const locus: Locus = {
  block: { stack: 'encoder', kind: 'self' },
  layer: 0,
  head: 0,
  aggregate: 'head',
  query: 3,
  key: 1,
};
const capture = (id: string) => ({ id }) as CaptureSummary;
const settle = () => new Promise<void>(resolve => queueMicrotask(resolve));

/** A history of a store that stands at `locus`, and a way to move it. */
async function setUp() {
  const store = new Store<State>({ ...initialState('dark'), capture: capture('a'), locus });
  const history = new LocusHistory(store);
  const go = async (change: Partial<Locus>): Promise<void> => {
    store.set({ locus: { ...(store.state.locus ?? locus), ...change } });
    await settle();
  };
  const place = () => [store.state.locus?.layer, store.state.locus?.head, store.state.locus?.key];
  const back = async () => {
    history.back();
    await settle();
    return place();
  };
  const forward = async () => {
    history.forward();
    await settle();
    return place();
  };
  await settle();
  return { store, go, back, forward };
}

describe('LocusHistory', () => {
  it('goes back and forward, and no further than where it was', async () => {
    const { go, back, forward } = await setUp();
    await go({ layer: 1 });
    await go({ head: 2 });
    assert.deepEqual(await back(), [1, 0, 1]);
    assert.deepEqual(await back(), [0, 0, 1]);
    assert.deepEqual(await back(), [0, 0, 1]);
    assert.deepEqual(await forward(), [1, 0, 1]);
    assert.deepEqual(await forward(), [1, 2, 1]);
    assert.deepEqual(await forward(), [1, 2, 1]);
  });

  it('forgets what lay ahead when another way is taken', async () => {
    const { go, back, forward } = await setUp();
    await go({ layer: 1 });
    await back();
    await go({ layer: 2 });
    assert.deepEqual(await forward(), [2, 0, 1]);
    assert.deepEqual(await back(), [0, 0, 1]);
  });

  it('takes a query whose key is looked for as one place', async () => {
    const { go, back } = await setUp();
    await go({ layer: 1, key: null });
    await go({ key: 4 });
    assert.deepEqual(await back(), [0, 0, 1]);
  });

  it('begins anew with another capture', async () => {
    const { store, go, back } = await setUp();
    await go({ layer: 1 });
    store.set({ capture: capture('b'), locus: { ...locus, layer: 5 } });
    await settle();
    assert.deepEqual(await back(), [5, 0, 1]);
  });
});
