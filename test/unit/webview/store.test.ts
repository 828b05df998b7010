import assert from 'node:assert/strict';
import { Store } from '../../../src/webview/app/store';

const settle = () => new Promise<void>(resolve => queueMicrotask(resolve));

describe('The store', () => {
  it('tells of changes that are made in one task together', async () => {
    const store = new Store({ a: 0, b: 0 });
    const heard: string[] = [];
    store.select(
      ({ a, b }) => [a, b],
      (a, b) => heard.push(`${a} ${b}`),
    );
    store.set({ a: 1 });
    store.set({ b: 2 });
    assert.deepEqual(heard, ['0 0']);
    await settle();
    assert.deepEqual(heard, ['0 0', '1 2']);
  });

  it('tells again only those before a listener that changes the state', async () => {
    const store = new Store({ a: 0, twice: 0 });
    const heard: string[] = [];
    let selected = 0;
    store.select(
      ({ a, twice }) => [a, twice],
      (a, twice) => heard.push(`before ${a} ${twice}`),
    );
    store.select(
      ({ a }) => [a],
      a => store.set({ twice: 2 * a }),
    );
    store.select(
      ({ a, twice }) => {
        selected++;
        return [a, twice];
      },
      (a, twice) => heard.push(`after ${a} ${twice}`),
    );
    await settle();
    heard.length = selected = 0;
    store.set({ a: 3 });
    await settle();
    assert.deepEqual(heard, ['before 3 0', 'after 3 6', 'before 3 6']);
    assert.equal(selected, 1);
  });

  it('carries a change on from listener to listener, whatever their order', async () => {
    const store = new Store({ a: 0, b: 0, c: 0 });
    const heard: number[] = [];
    store.select(
      ({ c }) => [c],
      c => heard.push(c),
    );
    store.select(
      ({ b }) => [b],
      b => store.set({ c: b + 1 }),
    );
    store.select(
      ({ a }) => [a],
      a => store.set({ b: a + 1 }),
    );
    store.set({ a: 5 });
    await settle();
    assert.deepEqual(store.state, { a: 5, b: 6, c: 7 });
    assert.equal(heard.at(-1), 7);
  });

  it('tells everybody, also where some stop listening meanwhile', async () => {
    const store = new Store({ a: 0 });
    const ends: (() => void)[] = [];
    const heard: number[] = [];
    for (let i = 0; i < 3; i++)
      ends.push(
        store.select(
          ({ a }) => [a],
          () => undefined,
        ),
      );
    store.select(
      ({ a }) => [a],
      a => {
        if (a > 0) for (const end of ends) end();
      },
    );
    store.select(
      ({ a }) => [a],
      a => heard.push(a),
    );
    store.set({ a: 1 });
    await settle();
    assert.deepEqual(heard, [0, 1]);
  });

  it('goes on after a listener failed', async () => {
    const store = new Store({ a: 0 });
    const heard: number[] = [];
    store.select(
      ({ a }) => [a],
      a => heard.push(a),
    );
    const end = store.select(
      ({ a }) => [a],
      a => {
        if (a === 1) throw new Error('This listener fails.');
      },
    );
    const failures = process.rawListeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const failed = new Promise(resolve => process.once('uncaughtException', resolve));
    store.set({ a: 1 });
    await failed;
    for (const one of failures) process.on('uncaughtException', one as () => void);
    end();
    store.set({ a: 2 });
    await settle();
    assert.deepEqual(heard, [0, 1, 2]);
  });
});
