import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { PanelApi } from '../../../src/protocol/panel';
import { Caller, type Port } from '../../../src/protocol/rpc';
import { AnswerLoader } from '../../../src/webview/app/answerLoader';
import {
  answerTo,
  NO_ANSWERS,
  question,
  refusalOf,
  type Answers,
  type Question,
} from '../../../src/webview/app/answers';
import { Store } from '../../../src/webview/app/store';

interface State {
  readonly answers: Answers;
  /** Token whose predictions are wanted, by the name of who wants them. */
  readonly wanted: Readonly<Record<string, number>>;
  readonly moves: number;
}

const asking = (token: number): Question<'predictions'> =>
  question('predictions', { capture: 'run', token, count: 5 });

/** A host that answers when the test says so, and a loader that asks it. */
class Host implements Port {
  readonly calls: { readonly id: number; readonly params: { readonly token: number } }[] = [];
  readonly store = new Store<State>({ answers: NO_ANSWERS, wanted: {}, moves: 0 });
  readonly loader: AnswerLoader<State>;
  private hear: (message: unknown) => void = () => undefined;

  constructor() {
    this.loader = new AnswerLoader(
      new Caller<PanelApi>(this),
      this.store,
      ({ wanted }) =>
        Object.fromEntries(Object.entries(wanted).map(([name, token]) => [name, asking(token)])),
      ({ moves }) => [moves],
    );
  }

  post(message: unknown): void {
    const call = message as (typeof this.calls)[number] & { readonly kind: string };
    if (call.kind === 'request') this.calls.push(call);
  }

  listen(listener: (message: unknown) => void): () => void {
    this.hear = listener;
    return () => undefined;
  }

  /** Tokens that were asked for, in order. */
  get asked(): number[] {
    return this.calls.map(({ params }) => params.token);
  }

  async want(wanted: State['wanted']): Promise<void> {
    this.store.set({ wanted });
    await setImmediate();
  }

  async answer(call: number, value: unknown): Promise<void> {
    this.hear({ kind: 'result', id: this.calls[call]?.id, value });
    await setImmediate();
  }

  async refuse(call: number, code: 'cancelled' | 'capture-missing'): Promise<void> {
    const error = { code, message: 'Gone.' };
    this.hear({ kind: 'error', id: this.calls[call]?.id, error });
    await setImmediate();
  }

  value(token: number): unknown {
    return answerTo(this.store.state, asking(token));
  }
}

describe('answers', () => {
  it('are asked for once, whoever wants them, and remembered', async () => {
    const host = new Host();
    await host.want({ one: 3, other: 3 });
    assert.deepEqual(host.asked, [3]);
    const direct = host.loader.get(asking(3));
    await host.answer(0, { token: 3 });
    assert.deepEqual(await direct, { token: 3 });
    assert.deepEqual(host.value(3), { token: 3 });
    await host.want({ one: 4, other: 3 });
    await host.answer(1, { token: 4 });
    await host.want({ one: 3 });
    assert.deepEqual(await host.loader.get(asking(4)), { token: 4 });
    assert.deepEqual(host.asked, [3, 4]);
  });

  it('never queue: under a name only the newest question waits', async () => {
    const host = new Host();
    for (let token = 0; token < 9; token++) await host.want({ pointed: token, other: 100 });
    assert.deepEqual(host.asked, [0, 100]);
    await host.answer(0, {});
    assert.deepEqual(host.asked, [0, 100, 8]);
  });

  it('a refusal is known where it is wanted, and asked again after something else', async () => {
    const host = new Host();
    await host.want({ one: 1 });
    await host.refuse(0, 'capture-missing');
    assert.equal(refusalOf(host.store.state, asking(1))?.message, 'Gone.');
    await host.want({ one: 1, other: 2 });
    assert.deepEqual(host.asked, [1, 2]);
    await host.want({ one: 2 });
    await host.answer(1, {});
    assert.equal(refusalOf(host.store.state, asking(1)), null);
    await host.want({ one: 1 });
    assert.deepEqual(host.asked, [1, 2, 1]);
  });

  it('what was cancelled is no refusal, and is asked again once people went on', async () => {
    const host = new Host();
    await host.want({ one: 1 });
    await host.refuse(0, 'cancelled');
    assert.equal(refusalOf(host.store.state, asking(1)), null);
    await host.want({ one: 1 });
    assert.deepEqual(host.asked, [1]);
    host.store.set({ moves: 1 });
    await setImmediate();
    assert.deepEqual(host.asked, [1, 1]);
  });

  it('what was forgotten on its way is not taken, but asked again', async () => {
    const host = new Host();
    await host.want({ one: 1 });
    host.loader.forget('predictions');
    await host.answer(0, 'before');
    assert.equal(host.value(1), undefined);
    assert.deepEqual(host.asked, [1, 1]);
    await host.answer(1, 'after');
    assert.equal(host.value(1), 'after');
  });

  it('stays where a newer one was refused, with the reason beside it', async () => {
    const host = new Host();
    host.loader.keep(asking(1), 'before');
    host.loader.refuse(asking(1), { code: 'internal', message: 'No newer one.' });
    await host.want({ one: 1 });
    assert.equal(host.value(1), 'before');
    assert.equal(refusalOf(host.store.state, asking(1))?.message, 'No newer one.');
    host.loader.retry(asking(1));
    await setImmediate();
    assert.equal(host.value(1), 'before');
    assert.equal(refusalOf(host.store.state, asking(1)), null);
    assert.deepEqual(host.asked, []);
  });

  it('what comes after something newer is known is not heard, be it an answer or a refusal', async () => {
    const host = new Host();
    await host.want({ one: 1, two: 2 });
    host.loader.refuse(asking(1), { code: 'internal', message: 'Broken.' });
    await host.answer(0, 'from before');
    assert.equal(host.value(1), undefined);
    assert.equal(refusalOf(host.store.state, asking(1))?.message, 'Broken.');
    host.loader.keep(asking(2), 'newer');
    await host.refuse(1, 'capture-missing');
    assert.equal(host.value(2), 'newer');
    assert.equal(refusalOf(host.store.state, asking(2)), null);
    assert.deepEqual(host.asked, [1, 2]);
  });

  it('stay within their bytes: those used longest ago go first, those wanted stay', async () => {
    const host = new Host();
    const large = (): Float32Array => new Float32Array(3 << 20);
    await host.want({ kept: 0 });
    await host.answer(0, large());
    for (let call = 1; call <= 3; call++) {
      await host.want({ kept: 0, other: call });
      await host.answer(call, large());
    }
    assert.deepEqual(
      [0, 1, 2, 3].map(token => host.value(token) !== undefined),
      [true, false, false, true],
    );
  });
});
