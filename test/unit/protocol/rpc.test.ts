import assert from 'node:assert/strict';
import { InspectorError } from '../../../src/protocol/errors';
import {
  Caller,
  emit,
  onEvents,
  serve,
  type Cancellation,
  type Port,
} from '../../../src/protocol/rpc';

interface Arithmetic {
  divide(params: { readonly a: number; readonly b: number }): Promise<number>;
  count(params: { readonly to: number }): Promise<string>;
}

/** Two ends of one channel; messages are cloned, as every real channel does. */
function channel(): [Port, Port] {
  const listeners: [Set<(message: unknown) => void>, Set<(message: unknown) => void>] = [
    new Set(),
    new Set(),
  ];
  const end = (own: 0 | 1): Port => ({
    post: message => {
      const copy: unknown = structuredClone(message);
      queueMicrotask(() => listeners[own === 0 ? 1 : 0].forEach(listener => listener(copy)));
    },
    listen: listener => {
      listeners[own].add(listener);
      return () => listeners[own].delete(listener);
    },
  });
  return [end(0), end(1)];
}

describe('rpc', () => {
  const connect = () => {
    const [near, far] = channel();
    const failures: string[] = [];
    serve<Arithmetic>(
      far,
      {
        divide: async ({ a, b }) => {
          if (b === 0) throw new InspectorError('inputs-wrong', 'Cannot divide by 0.');
          return a / b;
        },
        count: async ({ to }, progress) => {
          for (let i = 0; i < to; i++) progress(i);
          return 'done';
        },
      },
      { onError: (method, error) => failures.push(`${method}: ${error.code}`) },
    );
    return { near, far, caller: new Caller<Arithmetic>(near), failures };
  };

  it('answers calls, also many at once', async () => {
    const { caller } = connect();
    const results = await Promise.all([1, 2, 4].map(b => caller.call('divide', { a: 8, b })));
    assert.deepEqual(results, [8, 4, 2]);
  });

  it('answers a failing handler with its code and sentence, and tells the serving end', async () => {
    const { caller, failures } = connect();
    await assert.rejects(caller.call('divide', { a: 1, b: 0 }), {
      code: 'inputs-wrong',
      message: 'Cannot divide by 0.',
    });
    assert.deepEqual(failures, ['divide: inputs-wrong']);
  });

  it('passes progress in order before the result', async () => {
    const { caller } = connect();
    const seen: unknown[] = [];
    await caller.call('count', { to: 3 }, { onProgress: value => seen.push(value) });
    assert.deepEqual(seen, [0, 1, 2]);
  });

  it('answers an unknown method with an error, and never reaches inherited ones', async () => {
    const { near, caller } = connect();
    const any = caller as unknown as Caller<{ toString(params: object): Promise<string> }>;
    await assert.rejects(any.call('toString', {}), { code: 'internal' });
    near.post({ kind: 'request', id: 'x', method: 'divide', params: {} });
    near.post('nonsense');
    near.post(null);
    assert.equal(await caller.call('divide', { a: 6, b: 3 }), 2);
  });

  it('refuses parameters that the check refuses', async () => {
    const [near, far] = channel();
    const check = (params: unknown) => {
      if (typeof params !== 'object') throw new InspectorError('internal', 'malformed');
      return params as never;
    };
    serve<Arithmetic>(
      far,
      { divide: async () => 1, count: async () => '' },
      { checks: { divide: check, count: check } },
    );
    const caller = new Caller<Arithmetic>(near);
    await assert.rejects(caller.call('divide', 'no object' as never), { message: 'malformed' });
  });

  it('tells the handler when its answer is no longer wanted, and no other handler', async () => {
    const [near, far] = channel();
    const heeds = (signal: Cancellation): Promise<never> =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(new InspectorError('cancelled', 'Stopped.'))),
      );
    serve<Arithmetic>(far, {
      divide: (_, __, signal) => heeds(signal),
      count: async (_, __, signal) => (signal.aborted ? 'cancelled' : 'done'),
    });
    const caller = new Caller<Arithmetic>(near);
    const wish = new AbortController();
    const stopped = caller.call('divide', { a: 1, b: 1 }, { signal: wish.signal });
    const other = caller.call('count', { to: 1 });
    wish.abort();
    await assert.rejects(stopped, { code: 'cancelled', message: 'Stopped.' });
    assert.equal(await other, 'done');
    await assert.rejects(caller.call('divide', { a: 1, b: 1 }, { signal: wish.signal }), {
      code: 'cancelled',
    });
  });

  it('ends every open call when the channel closes', async () => {
    const [near] = channel();
    const caller = new Caller<Arithmetic>(near);
    const calls = [caller.call('divide', { a: 1, b: 1 }), caller.call('count', { to: 1 })];
    caller.fail(new InspectorError('crashed', 'The other end is gone.'));
    for (const call of calls) await assert.rejects(call, { code: 'crashed' });
  });

  it('delivers events to those who listen, and to no inherited name', async () => {
    const [near, far] = channel();
    const seen: number[] = [];
    const stop = onEvents<{ tick: number }>(far, { tick: value => seen.push(value) });
    emit<{ tick: number }, 'tick'>(near, 'tick', 7);
    near.post({ kind: 'event', name: 'hasOwnProperty', value: 1 });
    await Promise.resolve();
    stop();
    emit<{ tick: number }, 'tick'>(near, 'tick', 8);
    await Promise.resolve();
    assert.deepEqual(seen, [7]);
  });
});
