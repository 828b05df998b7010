import assert from 'node:assert/strict';
import { Inspection, type InspectionContext } from '../../../src/extension/inspection';
import { InspectorError } from '../../../src/protocol/errors';
import type { RunState } from '../../../src/protocol/panel';

interface OpenCall {
  readonly method: string;
  readonly params: { text?: string; capture?: string };
  resolve(value: unknown): void;
  reject(error: unknown): void;
  progress(value: unknown): void;
}

/** An inspection with a client whose answers the test gives by hand. */
function setUp() {
  const calls: OpenCall[] = [];
  const states: RunState[] = [];
  const released: string[] = [];
  const facts = { cancelled: 0, stale: false };
  const client = {
    call: (
      method: string,
      params: OpenCall['params'],
      options?: { onProgress?(v: unknown): void },
    ) =>
      new Promise((resolve, reject) =>
        calls.push({ method, params, resolve, reject, progress: v => options?.onProgress?.(v) }),
      ),
    cancel: () => facts.cancelled++,
    release: (id: string) => released.push(id),
  };
  const inspection = new Inspection({
    client: client as unknown as InspectionContext['client'],
    model: () => Promise.resolve({ reference: 'encoder', label: '', detail: '', path: '/m' }),
    limits: () => ({ maximumTokens: 8, memoryBudget: 1e9 }),
    isStale: () => facts.stale,
    changed: state => states.push(state),
    log: () => undefined,
  });
  const last = () => calls.at(-1) ?? assert.fail('no call');
  return { inspection, calls, states, released, facts, last };
}

const settle = () => new Promise(resolve => setImmediate(resolve));
const lost = new InspectorError('capture-missing', 'Gone.');

describe('Inspection', () => {
  it('goes from empty over running to ready', async () => {
    const { inspection, states, last } = setUp();
    assert.deepEqual(inspection.state, { kind: 'empty' });
    const run = inspection.run('text');
    await settle();
    last().progress({ stage: 'running', label: 'Running' });
    last().resolve({ id: 'a' });
    await run;
    assert.deepEqual(
      states.map(state => (state.kind === 'running' ? state.progress.stage : state.kind)),
      ['loading', 'running', 'ready'],
    );
  });

  it('runs within the limits of the settings', async () => {
    const { inspection, last } = setUp();
    void inspection.run('text');
    await settle();
    const limits = { maximumTokens: 8, memoryBudget: 1e9 };
    assert.deepEqual(last().params, { model: '/m', text: 'text', ...limits });
  });

  it('shows a failure with its remedies', async () => {
    const { inspection, last } = setUp();
    const run = inspection.run('text');
    await settle();
    last().reject(new InspectorError('crashed', 'Stopped. Run again.'));
    await run;
    const { state } = inspection;
    assert.ok(state.kind === 'failed');
    assert.deepEqual(state.remedies, ['runAgain', 'showLog']);
  });

  it('lets a newer run overtake an older one', async () => {
    const { inspection, calls, facts, last } = setUp();
    const first = inspection.run('old');
    await settle();
    const second = inspection.run('new');
    await settle();
    assert.equal(facts.cancelled, 1);
    calls[0]?.reject(new InspectorError('cancelled', 'Cancelled.'));
    last().resolve({ id: 'b' });
    await Promise.all([first, second]);
    assert.equal(inspection.capture?.id, 'b');
  });

  it('says that a run was cancelled, and runs the same text again', async () => {
    const { inspection, facts, last } = setUp();
    void inspection.run('text');
    await settle();
    inspection.cancel();
    assert.equal(facts.cancelled, 1);
    assert.ok(inspection.state.kind === 'failed' && inspection.state.error.code === 'cancelled');
    void inspection.runAgain();
    await settle();
    assert.equal(last().params.text, 'text');
  });

  it('cancels nothing when nothing runs', () => {
    const { inspection, facts, states } = setUp();
    inspection.cancel();
    assert.equal(facts.cancelled, 0);
    assert.deepEqual(states, []);
  });

  it('makes a capture that was lost again, once', async () => {
    const { inspection, calls, last } = setUp();
    const run = inspection.run('text');
    await settle();
    last().resolve({ id: 'a' });
    await run;
    const block = { stack: 'encoder', kind: 'self' } as const;
    const slices = [1, 2].map(() => inspection.slice('overview', { capture: 'a', block }));
    const answers = Promise.allSettled(slices);
    for (const call of calls.slice(-2)) call.reject(lost);
    const results = await answers;
    assert.ok(results.every(result => result.status === 'rejected'));
    assert.equal(calls.filter(call => call.method === 'inspect').length, 2);
  });

  it('frees the capture before, and the last one when nobody looks any more', async () => {
    const { inspection, released, last } = setUp();
    for (const id of ['a', 'b']) {
      const run = inspection.run('text');
      await settle();
      last().resolve({ id });
      await run;
    }
    assert.deepEqual(released, ['a']);
    inspection.close();
    assert.deepEqual(released, ['a', 'b']);
    assert.equal(inspection.state.kind, 'empty');
  });

  it('reports once that the text changed', async () => {
    const { inspection, states, facts, last } = setUp();
    const run = inspection.run('text');
    await settle();
    last().resolve({ id: 'a' });
    await run;
    const before = states.length;
    facts.stale = true;
    inspection.checkStale();
    inspection.checkStale();
    assert.equal(states.length, before + 1);
    assert.ok(inspection.state.kind === 'ready' && inspection.state.stale);
  });

  it('does not run a text again that was refused', async () => {
    const { inspection, calls } = setUp();
    inspection.refuse(new InspectorError('text-empty', 'Empty.'));
    await inspection.runAgain();
    assert.equal(calls.length, 0);
  });
});
