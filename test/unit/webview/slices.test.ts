import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { PanelApi } from '../../../src/protocol/panel';
import { Caller, type Port } from '../../../src/protocol/rpc';
import { AnswerLoader } from '../../../src/webview/app/answerLoader';
import { locusQuestions, shownPair } from '../../../src/webview/app/addresses';
import { SliceLoader } from '../../../src/webview/app/slices';
import { openingLocus } from '../../../src/webview/app/locus';
import { initialState, type State } from '../../../src/webview/app/state';
import { Store } from '../../../src/webview/app/store';
import { RECIPES } from '../../webview/support/recipes';
import { SyntheticCapture } from '../../webview/support/syntheticCapture';

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Partial<Record<'layer' | 'head' | 'query' | 'key', number>>>;
}

/** A host that answers when the test says so. */
class SlowHost implements Port {
  readonly calls: Call[] = [];
  private hear: (message: unknown) => void = () => undefined;

  post(message: unknown): void {
    this.calls.push(message as Call);
  }

  listen(listener: (message: unknown) => void): () => void {
    this.hear = listener;
    return () => undefined;
  }

  async answer(method: string, value: unknown): Promise<void> {
    const call = this.calls.find(one => one.method === method);
    assert.ok(call, `${method} was not asked for`);
    this.hear({ kind: 'result', id: call.id, value });
    await setImmediate();
  }

  get asked(): string[] {
    return this.calls.map(({ method }) => method);
  }
}

const answersOf = (host: Port, store: Store<State>) =>
  new AnswerLoader(
    new Caller<PanelApi>(host),
    store,
    state => locusQuestions(state) ?? {},
    ({ locus }) => [locus],
  );

describe('slices of a new capture', () => {
  it('are asked for at once, the pair as soon as the row is there; all are shown together', async () => {
    const made = new SyntheticCapture(RECIPES.decoder);
    const { summary } = made;
    const host = new SlowHost();
    const store = new Store<State>(initialState('dark'));
    const slices = new SliceLoader(answersOf(host, store), store, () => openingLocus(summary));
    const block = { stack: 'decoder', kind: 'self' } as const;
    const adopted = slices.adopt(summary);
    await setImmediate();
    assert.deepEqual(host.asked, ['row', 'overview', 'map']);
    const row = made.row(block, 3, 0, 14);
    await host.answer('row', row);
    assert.deepEqual(host.asked, ['row', 'overview', 'map', 'pair']);
    const key = row.weights.indexOf(row.weights.reduce((most, one) => Math.max(most, one)));
    assert.equal(host.calls[3]?.params.key, key);
    await host.answer('pair', made.pair(block, 14, key));
    await host.answer('map', made.map(block, 3, 0));
    assert.equal(store.state.capture, null);
    await host.answer('overview', made.overview(block));
    await adopted;
    assert.equal(store.state.capture, summary);
    assert.equal(store.state.locus?.key, key);
    assert.ok(store.state.overview && store.state.map && store.state.row && shownPair(store.state));
  });

  it('follow the overview where nobody has chosen a place: it tells where to open', async () => {
    const made = new SyntheticCapture(RECIPES.decoder);
    const { summary } = made;
    const host = new SlowHost();
    const store = new Store<State>(initialState('dark'));
    const slices = new SliceLoader(answersOf(host, store), store, () => null);
    const block = { stack: 'decoder', kind: 'self' } as const;
    const adopted = slices.adopt(summary);
    await setImmediate();
    assert.deepEqual(host.asked, ['overview']);
    await host.answer('overview', made.overview(block));
    assert.deepEqual(host.asked, ['overview', 'row', 'map']);
    const { layer = 0, head = 0, query = 0, key = 0 } = host.calls[1]?.params ?? {};
    await host.answer('row', made.row(block, layer, head, query));
    await host.answer('pair', made.pair(block, query, key));
    await host.answer('map', made.map(block, layer, head));
    await adopted;
    const { locus } = store.state;
    assert.deepEqual([locus?.layer, locus?.head, locus?.query], [layer, head, query]);
  });
});
