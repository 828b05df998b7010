import assert from 'node:assert/strict';
import { Inspection } from '../../../src/extension/runs/inspection';
import type { InspectionContext } from '../../../src/extension/runs/inspectionParts';
import { Pages } from '../../../src/extension/pages/pages';
import type { SideWish } from '../../../src/extension/runs/sideRun';
import { SideRuns } from '../../../src/extension/runs/sideRuns';
import { changesOf, maskOf, type Change } from '../../../src/protocol/change';
import { InspectorError } from '../../../src/protocol/errors';
import type { RunState, SharedLocus, SideSlot } from '../../../src/protocol/panel';

interface OpenCall {
  readonly method: string;
  readonly params: {
    text?: string;
    model?: string;
    changes?: Change[];
    target?: string;
    feeds?: unknown;
    continuation?: readonly number[];
  };
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const OWN: SideWish = { model: null, text: null, changes: [] };
const CAUSAL: SideWish = { ...OWN, changes: changesOf({ mask: { kind: 'causal' } }) };
const narrow = (before: number) => ({ kind: 'window', before, after: 0 }) as const;
const settle = () => new Promise(resolve => setImmediate(resolve));
const lost = new InspectorError('capture-missing', 'Gone.');

/** A main run and its side runs with a client whose answers the test gives by hand. */
function setUp() {
  const calls: OpenCall[] = [];
  const states: { slot: SideSlot; state: RunState }[] = [];
  const released: string[] = [];
  const facts = { cancelled: 0 };
  const open = new Set<OpenCall>();
  const client = {
    call: (method: string, params: OpenCall['params'], options?: { signal?: AbortSignal }) =>
      new Promise((resolve, reject) => {
        const call: OpenCall = {
          method,
          params,
          resolve: value => {
            open.delete(call);
            resolve(value);
          },
          reject: error => {
            open.delete(call);
            reject(error);
          },
        };
        calls.push(call);
        open.add(call);
        options?.signal?.addEventListener('abort', () => {
          if (!open.has(call)) return;
          facts.cancelled++;
          call.reject(new InspectorError('cancelled', 'Cancelled.'));
        });
      }),
    release: (id: string) => released.push(id),
  } as unknown as InspectionContext['client'];
  const shared = {
    client,
    limits: () => ({ maximumTokens: 8 }),
    log: () => undefined,
  };
  const main: Inspection = new Inspection({
    ...shared,
    model: () => Promise.resolve({ path: '/main' }),
    patience: 5,
    isStale: () => false,
    changed: () => sides.mainChanged(),
  });
  const sides: SideRuns = new SideRuns({
    ...shared,
    main,
    find: reference =>
      reference === 'none'
        ? Promise.reject(new InspectorError('model-unknown', 'There is no such model.'))
        : Promise.resolve({ path: `/${reference}`, isCapture: reference.endsWith('.safetensors') }),
    changed: (slot, state) => states.push({ slot, state }),
  });
  /** The call that is open, answered. */
  const answer = async (value: unknown): Promise<void> => {
    await settle();
    const call = [...open][0] ?? assert.fail('no open call');
    call.resolve(value);
    await settle();
  };
  const capture = (id: string, text = 'text', more = {}) => ({
    id,
    text,
    model: { path: '/main', stacks: ['decoder'] },
    ...more,
  });
  /** A main run that is ready. */
  const runMain = async (id: string, text = 'text', more = {}): Promise<void> => {
    void main.run(text);
    await answer(capture(id, text, more));
  };
  const last = () => calls.at(-1) ?? assert.fail('no call');
  const kinds = (slot: SideSlot) =>
    states.filter(one => one.slot === slot).map(one => one.state.kind);
  const inspected = () => calls.filter(call => call.method === 'inspect').map(call => call.params);
  return {
    ...{ main, sides, calls, open, released, facts },
    ...{ answer, capture, runMain, last, kinds, inspected },
  };
}

describe('SideRuns', () => {
  const page = {};

  it('opens a capture file in place of a model, and again when it is lost', async () => {
    const { sides, runMain, answer, capture, last, kinds } = setUp();
    await runMain('main-1');
    sides.open({}, { slot: 'other', ...OWN, model: 'b.safetensors' });
    await settle();
    assert.equal(last().method, 'openCapture');
    assert.deepEqual(last().params, { path: '/b.safetensors' });
    await answer(capture('file-1', 'text', { file: '/b.safetensors' }));
    assert.deepEqual(kinds('other'), ['running', 'ready']);
    const read = sides.read('difference', {
      before: 'main-1',
      after: 'file-1',
    } as never);
    last().reject(lost);
    await assert.rejects(read, /Gone/);
    // The main run is made again first.
    await answer(capture('main-2'));
    await settle();
    assert.equal(last().method, 'openCapture');
  });

  it('runs the main run’s model and text with another mask', async () => {
    const { sides, runMain, answer, last, kinds } = setUp();
    await runMain('m');
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await settle();
    assert.deepEqual(last().params, {
      model: '/main',
      text: 'text',
      maximumTokens: 8,
      changes: [{ kind: 'mask', mask: { kind: 'causal' } }],
    });
    await answer({ id: 's' });
    assert.deepEqual(kinds('changed'), ['running', 'ready']);
  });

  it('feeds the inputs of the main run’s model as the main run does, and those of no other', async () => {
    const { sides, runMain, answer, last } = setUp();
    await runMain('m', 'text', { feeds: { temperature: 2 } });
    sides.open(page, { ...CAUSAL, slot: 'changed' });
    await settle();
    assert.deepEqual(last().params.feeds, { temperature: 2 });
    await answer({ id: 's' });
    sides.open(page, { ...OWN, model: 'n', slot: 'other' });
    await settle();
    assert.ok(!('feeds' in last().params));
  });

  it('runs another model and another text, without the main run’s target', async () => {
    const { sides, runMain, last } = setUp();
    await runMain('m', 'text', { target: 'Ziel' });
    sides.open(page, { slot: 'other', model: 'decoder', text: 'else', changes: [] });
    await settle();
    assert.deepEqual(last().params, { model: '/decoder', text: 'else', maximumTokens: 8 });
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await settle();
    assert.equal(last().params.target, 'Ziel');
  });

  it('reads another text beside the same target, where the model has one, but not with another model', async () => {
    const { sides, runMain, last, answer } = setUp();
    const model = { path: '/main', stacks: ['encoder', 'decoder'] };
    await runMain('m', 'text', { model, target: 'Ziel', continuation: [3] });
    sides.open(page, { ...OWN, slot: 'other', text: 'else' });
    await settle();
    assert.equal(last().params.text, 'else');
    assert.equal(last().params.target, 'Ziel');
    assert.deepEqual(last().params.continuation, [3]);
    await answer({ id: 'o' });
    sides.open(page, { ...OWN, slot: 'other', model: 'decoder', text: 'else' });
    await settle();
    assert.ok(!('target' in last().params) && !('continuation' in last().params));
  });

  it('runs with what the main run generated, again for each step, and without it elsewhere', async () => {
    const { sides, runMain, answer, inspected } = setUp();
    await runMain('m', 'text', { continuation: [3] });
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await answer({ id: 's' });
    sides.open(page, { slot: 'other', ...OWN, model: 'decoder' });
    await answer({ id: 'o' });
    await runMain('n', 'text', { continuation: [3, 5] });
    await answer({ id: 't' });
    const generated = inspected()
      .filter(({ changes }) => changes)
      .map(({ continuation }) => continuation);
    assert.deepEqual(generated, [[3], [3, 5]]);
    const others = inspected().filter(({ model }) => model === '/decoder');
    assert.ok(others.length > 0 && others.every(params => !('continuation' in params)));
  });

  it('waits for the main run, and runs again for each new one', async () => {
    const { sides, runMain, answer, inspected } = setUp();
    sides.open(page, { slot: 'changed', ...CAUSAL });
    assert.deepEqual(inspected(), []);
    await runMain('m');
    await answer({ id: 's' });
    await runMain('n', 'new text');
    await answer({ id: 't' });
    assert.deepEqual(
      inspected().map(({ text }) => text),
      ['text', 'text', 'new text', 'new text'],
    );
  });

  it('leaves a run of its own model and text as it is when the main run changes', async () => {
    const { sides, runMain, answer, inspected } = setUp();
    await runMain('m');
    sides.open(page, { slot: 'other', model: 'decoder', text: 'else', changes: [] });
    await answer({ id: 's' });
    await runMain('n', 'new text');
    await settle();
    assert.equal(inspected().length, 3);
  });

  it('lets the newest wish wait for the run under way, and ends no process for it', async () => {
    const { sides, runMain, answer, facts, inspected, kinds } = setUp();
    await runMain('m');
    for (const before of [1, 2, 3]) {
      sides.open(page, { slot: 'changed', ...OWN, changes: changesOf({ mask: narrow(before) }) });
    }
    await answer({ id: 's' });
    await answer({ id: 't' });
    assert.deepEqual(
      inspected().map(({ changes }) => maskOf({ changes: changes ?? [] })),
      [undefined, narrow(1), narrow(3)],
    );
    assert.equal(facts.cancelled, 0);
    assert.deepEqual(kinds('changed'), ['running', 'running', 'ready']);
  });

  it('ends a combination that cannot be as that slot’s failure, and does not try it again', async () => {
    const { sides, main, runMain, answer, calls, kinds, inspected } = setUp();
    await runMain('m');
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await settle();
    calls.at(-1)?.reject(new InspectorError('inputs-wrong', 'This model takes no other mask.'));
    await settle();
    const { state } = sides.states.find(({ slot }) => slot === 'changed') ?? assert.fail();
    assert.ok(state.kind === 'failed');
    assert.equal(state.error.message, 'This model takes no other mask.');
    assert.equal(main.state.kind, 'ready');
    await runMain('n');
    await settle();
    assert.equal(inspected().length, 3);
    await runMain('o', 'new text');
    await answer({ id: 's' });
    assert.equal(kinds('changed').at(-1), 'ready');
  });

  it('says where there is no such model, or no model at all', async () => {
    const { sides, runMain } = setUp();
    await runMain('m', 'text', { file: '/tmp/a.safetensors' });
    sides.open(page, { slot: 'other', ...OWN, model: 'none' });
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await settle();
    const messages = sides.states.map(({ state }) =>
      state.kind === 'failed' ? state.error.message : '',
    );
    assert.match(messages[0] ?? '', /no such model/);
    assert.match(messages[1] ?? '', /read from a capture file/);
  });

  it('makes every capture again that was lost: of the main run and beside it', async () => {
    const { sides, runMain, answer, capture, calls, inspected, kinds } = setUp();
    await runMain('m');
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await answer({ id: 's' });
    const block = { stack: 'encoder', kind: 'self' } as const;
    const wanted = { before: 'm', after: 's', block, layer: 0, head: 0 };
    const read = sides.read('difference', wanted);
    calls.at(-1)?.reject(lost);
    await assert.rejects(read, { code: 'capture-missing' });
    await answer(capture('n'));
    await answer({ id: 't' });
    assert.equal(inspected().length, 4);
    assert.equal(kinds('changed').at(-1), 'ready');
  });

  it('makes only the capture again that is lost', async () => {
    const { sides, runMain, answer, calls, inspected } = setUp();
    await runMain('m');
    sides.open(page, { slot: 'other', ...OWN, model: 'decoder', text: 'else' });
    await answer({ id: 's' });
    const block = { stack: 'decoder', kind: 'self' } as const;
    const read = sides.read('shares', { capture: 's', block });
    calls.at(-1)?.reject(lost);
    await assert.rejects(read);
    await answer({ id: 't' });
    assert.deepEqual(
      inspected().map(({ model }) => model),
      ['/main', '/decoder', '/decoder'],
    );
  });

  it('does not run again for what the model does not give', async () => {
    const { sides, runMain, calls, inspected } = setUp();
    await runMain('m');
    const read = sides.read('predictions', { capture: 'm', token: 0, count: 1 });
    calls.at(-1)?.reject(new InspectorError('not-captured', 'No logits.'));
    await assert.rejects(read, { code: 'not-captured' });
    await settle();
    assert.equal(inspected().length, 1);
  });

  it('goes on when the main run is cancelled', async () => {
    const { sides, main, runMain, answer, facts, kinds, inspected } = setUp();
    await runMain('m');
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await settle();
    void main.run('new text');
    await settle();
    main.cancel();
    assert.equal(facts.cancelled, 1);
    await settle();
    assert.equal(main.capture?.id, 'm');
    assert.deepEqual(kinds('changed'), ['running']);
    await answer({ id: 's' });
    assert.deepEqual([inspected().at(-1)?.text, inspected().length], ['new text', 3]);
    assert.equal(kinds('changed').at(-1), 'ready');
  });

  it('comes back when the process was ended and the main run has the same result again', async () => {
    const { sides, runMain, answer, open, kinds, inspected } = setUp();
    await runMain('m');
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await settle();
    for (const call of open) call.reject(new InspectorError('cancelled', 'Cancelled.'));
    await settle();
    assert.deepEqual(kinds('changed'), ['running', 'running']);
    await answer({ id: 's' });
    assert.deepEqual([inspected().at(-1)?.text, inspected().length], ['text', 3]);
    assert.equal(kinds('changed').at(-1), 'ready');
  });

  it('follows the main run when that overtakes itself and has another result', async () => {
    const { sides, main, runMain, calls, answer, capture, facts, kinds, inspected } = setUp();
    await runMain('m');
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await settle();
    void main.run('first');
    await settle();
    void main.run('second');
    while (calls.length < 4) await new Promise(resolve => setTimeout(resolve, 1));
    assert.equal(facts.cancelled, 1);
    assert.deepEqual(kinds('changed'), ['running']);
    await answer({ id: 's' });
    await answer(capture('n', 'second'));
    await answer({ id: 't' });
    assert.equal(inspected().at(-1)?.text, 'second');
    assert.equal(kinds('changed').at(-1), 'ready');
  });

  it('is cancelled by people, and does not start again for the same main run', async () => {
    const { sides, main, runMain, answer, capture, facts, inspected } = setUp();
    await runMain('m');
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await settle();
    sides.cancel();
    await settle();
    assert.equal(facts.cancelled, 1);
    const { state } = sides.states.find(({ slot }) => slot === 'changed') ?? assert.fail();
    assert.ok(state.kind === 'failed' && state.error.code === 'cancelled');
    main.lost('m');
    await answer(capture('n'));
    await settle();
    assert.equal(inspected().length, 3);
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await answer({ id: 's' });
    assert.equal(inspected().length, 4);
  });

  it('stays open as long as a page looks, then frees its capture', async () => {
    const { sides, runMain, answer, released, kinds, inspected } = setUp();
    const second = {};
    await runMain('m');
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await answer({ id: 's' });
    sides.open(second, { slot: 'changed', ...CAUSAL });
    assert.equal(inspected().length, 2);
    sides.close(page, 'changed');
    assert.equal(kinds('changed').at(-1), 'ready');
    sides.leave(second);
    assert.deepEqual(released, ['s']);
    assert.equal(kinds('changed').at(-1), 'empty');
  });

  it('frees what a run left that ended after it was closed', async () => {
    const { sides, runMain, answer, released, facts, kinds } = setUp();
    await runMain('m');
    sides.open(page, { slot: 'changed', ...CAUSAL });
    await settle();
    sides.close(page, 'changed');
    await answer({ id: 's' });
    assert.deepEqual([released, facts.cancelled], [['s'], 0]);
    assert.deepEqual(kinds('changed'), ['running', 'empty']);
  });
});

describe('Pages', () => {
  const locus: SharedLocus = {
    capture: 'm',
    block: { stack: 'encoder', kind: 'self' },
    layer: 1,
    head: 2,
    aggregate: 'head',
    query: 3,
    key: null,
  };
  const newPage = () => {
    const sent: [string, unknown][] = [];
    return { sent, send: (name: string, value: unknown) => void sent.push([name, value]) };
  };
  const newPages = () =>
    new Pages({ handlers: () => assert.fail(), left: () => undefined, warn: () => undefined });

  it('sends events to all, and a locus to all but the page that moved', () => {
    const pages = newPages();
    const [a, b] = [newPage(), newPage()];
    pages.add(a);
    pages.add(b);
    pages.send('run', { kind: 'empty' });
    pages.shareLocus(a, locus, 'm');
    assert.deepEqual(a.sent, [['run', { kind: 'empty' }]]);
    assert.deepEqual(b.sent, [
      ['run', { kind: 'empty' }],
      ['locus', locus],
    ]);
  });

  it('drops a locus in a capture that is no longer on show', () => {
    const pages = newPages();
    const [a, b] = [newPage(), newPage()];
    pages.add(a);
    pages.add(b);
    pages.shareLocus(a, locus, 'n');
    assert.deepEqual(b.sent, []);
  });

  it('tells a page that comes later where the others stand', () => {
    const pages = newPages();
    const [a, b] = [newPage(), newPage()];
    pages.add(a);
    pages.shareLocus(a, locus, 'm');
    pages.add(b);
    assert.deepEqual(b.sent, [['locus', locus]]);
  });
});
