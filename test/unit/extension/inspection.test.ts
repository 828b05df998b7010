import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Inspection } from '../../../src/extension/runs/inspection';
import type { InspectionContext } from '../../../src/extension/runs/inspectionParts';
import type { Change } from '../../../src/protocol/change';
import { InspectorError } from '../../../src/protocol/errors';
import type { Intervention } from '../../../src/protocol/intervention';
import type { GivenFeeds } from '../../../src/protocol/model';
import type { RunState } from '../../../src/protocol/panel';

interface OpenCall {
  readonly method: string;
  readonly params: {
    text?: string;
    target?: string;
    continuation?: readonly number[];
    feeds?: GivenFeeds;
    changes?: readonly Change[];
    capture?: string;
    path?: string;
  };
  resolve(value: unknown): void;
  reject(error: unknown): void;
  progress(value: unknown): void;
}

/** An inspection with a client whose answers the test gives by hand. */
function setUp() {
  const calls: OpenCall[] = [];
  const states: RunState[] = [];
  const released: string[] = [];
  const facts = {
    cancelled: 0,
    stale: false,
    model: '/m',
    maximumTokens: 8,
    tokenizer: 'a',
  };
  const open = new Set<OpenCall>();
  const client = {
    call: (
      method: string,
      params: OpenCall['params'],
      options?: { onProgress?(v: unknown): void; signal?: AbortSignal },
    ) =>
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
            reject(error instanceof Error ? error : new Error(String(error)));
          },
          progress: v => options?.onProgress?.(v),
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
  };
  const inspection = new Inspection({
    client: client as unknown as InspectionContext['client'],
    model: () => Promise.resolve({ path: facts.model, reference: facts.model.slice(1) }),
    limits: () => ({ maximumTokens: facts.maximumTokens, memoryBudget: 1e9 }),
    basis: model =>
      Promise.resolve({ model, maximumTokens: facts.maximumTokens, tokenizer: facts.tokenizer }),
    patience: PATIENCE,
    isStale: () => facts.stale,
    changed: state => states.push(state),
    log: () => undefined,
  });
  const last = () => calls.at(-1) ?? assert.fail('no call');
  return { inspection, calls, states, released, facts, last };
}

const PATIENCE = 20;
const settle = () => new Promise(resolve => setImmediate(resolve));
/** Lets milliseconds of the tests' own clock pass, and what they lead to happen. */
const pass = async (time: number): Promise<void> => {
  mock.timers.tick(time);
  await settle();
};
/** Lets time pass until something is so; the test's own limit ends it otherwise. */
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await pass(1);
};

const answer = async (last: () => OpenCall, value: unknown): Promise<void> => {
  await settle();
  last().resolve(value);
  await settle();
};

describe('Inspection', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

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
    await until(() => calls.length === 2);
    assert.equal(facts.cancelled, 1);
    last().resolve({ id: 'b' });
    await Promise.all([first, second]);
    assert.equal(inspection.capture?.id, 'b');
  });

  it('ends one of fifty runs that follow each other, and makes only the last', async () => {
    const { inspection, calls, facts, last } = setUp();
    const runs = [inspection.run('0')];
    await settle();
    for (let i = 1; i < 50; i++) {
      runs.push(inspection.run(String(i)));
      await pass(PATIENCE / 10);
    }
    await until(() => last().params.text === '49');
    assert.equal(facts.cancelled, 1);
    assert.equal(calls.length, 2);
    last().resolve({ id: 'b' });
    await Promise.all(runs);
    assert.equal(inspection.capture?.id, 'b');
  });

  it('lets a run end by itself that is about to, and drops what it found', async () => {
    const { inspection, calls, facts, released, last } = setUp();
    const first = inspection.run('old');
    await settle();
    const second = inspection.run('new');
    last().resolve({ id: 'a' });
    await settle();
    assert.deepEqual([calls.length, facts.cancelled, released], [2, 0, ['a']]);
    last().resolve({ id: 'b' });
    await Promise.all([first, second]);
    assert.equal(inspection.capture?.id, 'b');
  });

  it('ends no call for a run that has not begun', async () => {
    const { inspection, calls, facts } = setUp();
    void inspection.run('text');
    inspection.cancel();
    await settle();
    assert.deepEqual([calls.length, facts.cancelled], [0, 0]);
  });

  const finished = async (
    { inspection, last }: Pick<ReturnType<typeof setUp>, 'inspection' | 'last'>,
    id: string,
    text = 'text',
    tokens = 3,
  ): Promise<void> => {
    const run = inspection.run(text);
    await settle();
    const summary = { model: {}, tokens: { encoder: Array(tokens).fill({}) }, totalTokens: tokens };
    last().resolve({ id, ...summary });
    await run;
    await settle();
  };

  it('shows what was on show before once a run is cancelled, and runs that again', async () => {
    const all = setUp();
    const { inspection, facts, states, last } = all;
    await finished(all, 'a');
    const before = inspection.state;
    void inspection.run('other');
    await settle();
    inspection.cancel();
    assert.equal(facts.cancelled, 1);
    assert.deepEqual(inspection.state, before);
    assert.deepEqual(states.at(-1), before);
    void inspection.runAgain();
    await settle();
    assert.equal(last().params.text, 'text');
  });

  it('shows the failure again that was on show before a cancelled run', async () => {
    const { inspection, last } = setUp();
    void inspection.run('text');
    await settle();
    last().reject(new InspectorError('crashed', 'Stopped.'));
    await settle();
    void inspection.runAgain();
    await settle();
    inspection.cancel();
    assert.ok(inspection.state.kind === 'failed' && inspection.state.error.code === 'crashed');
  });

  it('makes a lost capture again as it was, whatever is chosen by then', async () => {
    const all = setUp();
    const { inspection, facts, last } = all;
    await finished(all, 'a');
    Object.assign(facts, { model: '/other', maximumTokens: 9 });
    void inspection.run('other');
    await settle();
    inspection.cancel();
    inspection.lost('a');
    await settle();
    const { model, text, maximumTokens } = last().params as Record<string, unknown>;
    assert.deepEqual([model, text, maximumTokens], ['/m', 'text', 8]);
  });

  const changed = ({ state }: Inspection) => (state.kind === 'ready' ? state.changed : 'not ready');
  const named = ({ state }: Inspection) => (state.kind === 'ready' ? state.model : 'not ready');

  it('names the model that made the result, and says when another one is chosen', async () => {
    const all = setUp();
    const { inspection, facts, states } = all;
    await finished(all, 'a');
    assert.deepEqual([named(inspection), changed(inspection)], ['m', undefined]);
    facts.model = '/other';
    await inspection.checkBasis();
    assert.deepEqual([named(inspection), changed(inspection)], ['m', ['model']]);
    const count = states.length;
    await inspection.checkBasis();
    assert.equal(states.length, count, 'is said once');
    facts.model = '/m';
    await inspection.checkBasis();
    assert.equal(changed(inspection), undefined);
  });

  it('says so also when another model was chosen while it ran', async () => {
    const { inspection, facts, last } = setUp();
    const run = inspection.run('text');
    await settle();
    facts.model = '/other';
    last().resolve({ id: 'a', model: {}, tokens: {}, totalTokens: 0 });
    await run;
    await settle();
    assert.deepEqual([named(inspection), changed(inspection)], ['m', ['model']]);
  });

  it('says when fewer or more tokens would be run, and not when the limit changes nothing', async () => {
    const all = setUp();
    const { inspection, facts } = all;
    await finished(all, 'a');
    facts.maximumTokens = 1024;
    await inspection.checkBasis();
    assert.equal(changed(inspection), undefined);
    facts.maximumTokens = 2;
    await inspection.checkBasis();
    assert.deepEqual(changed(inspection), ['maximumTokens']);
  });

  it('says when the tokenizer is another one, until the text is run with it', async () => {
    const all = setUp();
    const { inspection, facts } = all;
    await finished(all, 'a');
    facts.tokenizer = 'b';
    await inspection.checkBasis();
    assert.deepEqual(changed(inspection), ['tokenizer']);
    await finished(all, 'b');
    assert.equal(changed(inspection), undefined);
  });

  it('puts a newer failure in place of an older one, and of no result', async () => {
    const all = setUp();
    const { inspection, last } = all;
    await finished(all, 'a');
    inspection.replaceFailure(new InspectorError('model-unknown', 'Not trusted.'));
    assert.equal(inspection.capture?.id, 'a');
    void inspection.run('text');
    await settle();
    last().reject(new InspectorError('crashed', 'Stopped.'));
    await settle();
    inspection.replaceFailure(new InspectorError('model-unknown', 'Not trusted.'));
    const { state: now } = inspection as { state: RunState };
    assert.ok(now.kind === 'failed' && now.error.code === 'model-unknown');
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
    for (const id of ['another', 'a', 'a']) inspection.lost(id);
    await settle();
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

  /** Answers the call that is open, once it is there. */
  const methods = (calls: readonly OpenCall[]) => calls.map(call => call.method);

  it('keeps the target of its text and forgets it with another text', async () => {
    const { inspection, calls, last } = setUp();
    void inspection.run('text');
    await answer(last, { id: 'a' });
    assert.ok(!('target' in last().params));
    void inspection.setTarget('Ziel');
    await answer(last, { id: 'b' });
    assert.deepEqual([last().params.text, last().params.target], ['text', 'Ziel']);
    void inspection.run('text');
    await answer(last, { id: 'c' });
    assert.equal(last().params.target, 'Ziel');
    void inspection.run('other');
    await answer(last, { id: 'd' });
    assert.ok(!('target' in last().params));
    assert.equal(calls.length, 4);
  });

  it('feeds inputs as people say, with every text of that model and no other', async () => {
    const { inspection, facts, last } = setUp();
    void inspection.run('text');
    await answer(last, { id: 'a' });
    assert.ok(!('feeds' in last().params));
    void inspection.setFeeds({ temperature: 2 });
    await answer(last, { id: 'b' });
    assert.deepEqual([last().params.text, last().params.feeds], ['text', { temperature: 2 }]);
    void inspection.run('other');
    await answer(last, { id: 'c' });
    assert.deepEqual(last().params.feeds, { temperature: 2 });
    facts.model = '/n';
    void inspection.runAgain();
    await answer(last, { id: 'd' });
    assert.ok(!('feeds' in last().params));
    facts.model = '/m';
    void inspection.runAgain();
    await answer(last, { id: 'e' });
    void inspection.setFeeds({});
    await answer(last, { id: 'f' });
    assert.ok(!('feeds' in last().params));
  });

  it('forgets values that a model cannot be run with', async () => {
    const { inspection, last } = setUp();
    void inspection.run('text');
    await answer(last, { id: 'a' });
    void inspection.setFeeds({ temperature: 2 });
    await answer(last, { id: 'b' });
    void inspection.setFeeds({ heat: 1 });
    await settle();
    last().reject(new InspectorError('inputs-wrong', 'There is no such input.'));
    await settle();
    assert.equal(inspection.state.kind, 'failed');
    void inspection.runAgain();
    await answer(last, { id: 'c' });
    assert.deepEqual(last().params.feeds, { temperature: 2 });
  });

  it('runs with interventions, which are off where their numbers mean something else', async () => {
    const { inspection, facts, last } = setUp();
    const head: Intervention = {
      kind: 'intervention',
      at: { layer: 4, point: 'headOutput', heads: [2] },
      how: { zero: true },
    };
    const edge: Intervention = {
      kind: 'intervention',
      at: { layer: 4, point: 'maskedScores', heads: [1], tokens: [6], keys: [2] },
      how: { block: true },
    };
    void inspection.run('text');
    await answer(last, { id: 'a' });
    void inspection.setInterventions([head, edge]);
    await answer(last, { id: 'b' });
    assert.deepEqual(last().params.changes, [head, edge]);
    void inspection.runAgain();
    await answer(last, { id: 'c' });
    assert.deepEqual(last().params.changes, [head, edge]);
    void inspection.run('other');
    await answer(last, { id: 'd' });
    assert.deepEqual(last().params.changes, [head, { ...edge, on: false }]);
    facts.model = '/n';
    void inspection.run('text');
    await answer(last, { id: 'e' });
    assert.deepEqual(last().params.changes, [
      { ...head, on: false },
      { ...edge, on: false },
    ]);
    facts.model = '/m';
    void inspection.run('text');
    await answer(last, { id: 'f' });
    assert.deepEqual(last().params.changes, [head, edge]);
    void inspection.setInterventions([]);
    await answer(last, { id: 'g' });
    assert.ok(!('changes' in last().params));
  });

  it('goes back to the interventions of the run on show when a newer list is cancelled', async () => {
    const { inspection, last } = setUp();
    const one: Intervention = {
      kind: 'intervention',
      at: { layer: 0, point: 'attentionOutput' },
      how: { zero: true },
    };
    void inspection.run('text');
    await answer(last, { id: 'a' });
    void inspection.setInterventions([one]);
    await answer(last, { id: 'b' });
    void inspection.setInterventions([]);
    await settle();
    inspection.cancel();
    void inspection.runAgain();
    await until(() => last().params.changes !== undefined);
    assert.deepEqual(last().params.changes, [one]);
  });

  it('lets the model write the target, then runs with it', async () => {
    const { inspection, states, calls, last } = setUp();
    void inspection.run('text');
    await answer(last, { id: 'a' });
    const generated = inspection.generateTarget();
    await settle();
    assert.deepEqual(last().params, { model: '/m', text: 'text', maximumTokens: 8 });
    await answer(last, { target: 'Ziel' });
    await answer(last, { id: 'b' });
    await generated;
    assert.deepEqual(methods(calls), ['inspect', 'generate', 'inspect']);
    assert.equal(last().params.target, 'Ziel');
    assert.equal(inspection.capture?.id, 'b');
    assert.ok(
      states.some(state => state.kind === 'running' && state.progress.stage === 'generating'),
    );
  });

  it('stops writing a target when it is cancelled, and keeps the one before', async () => {
    const { inspection, calls, facts, last } = setUp();
    void inspection.run('text');
    await answer(last, { id: 'a' });
    void inspection.setTarget('old');
    await answer(last, { id: 'b' });
    void inspection.generateTarget();
    await settle();
    inspection.cancel();
    assert.equal(facts.cancelled, 1);
    await answer(last, { target: 'late' });
    assert.deepEqual(methods(calls), ['inspect', 'inspect', 'generate']);
    assert.equal(inspection.capture?.id, 'b');
    void inspection.runAgain();
    await settle();
    assert.equal(last().params.target, 'old');
  });

  const continued = (last: () => OpenCall) => last().params.continuation;

  it('runs again with what was generated, also when the capture was lost', async () => {
    const { inspection, last } = setUp();
    void inspection.run('text');
    await answer(last, { id: 'a' });
    assert.ok(!('continuation' in last().params));
    void inspection.setTarget('Ziel');
    await answer(last, { id: 'b' });
    void inspection.setContinuation([3, 5]);
    await answer(last, { id: 'c' });
    const { text, target } = last().params;
    assert.deepEqual([text, target, continued(last)], ['text', 'Ziel', [3, 5]]);
    inspection.lost('c');
    await answer(last, { id: 'd' });
    assert.deepEqual(continued(last), [3, 5]);
    assert.equal(inspection.capture?.id, 'd');
    void inspection.setContinuation([]);
    await answer(last, { id: 'e' });
    assert.ok(!('continuation' in last().params));
    assert.equal(last().params.target, 'Ziel');
  });

  for (const [what, change] of [
    ['another text', inspection => inspection.run('other')],
    ['another target', inspection => inspection.setTarget('Ziel')],
  ] as const satisfies [string, (inspection: Inspection) => Promise<void>][]) {
    it(`forgets with ${what} what was generated`, async () => {
      const { inspection, last } = setUp();
      void inspection.run('text');
      await answer(last, { id: 'a' });
      void inspection.setContinuation([3]);
      await answer(last, { id: 'b' });
      void change(inspection);
      await answer(last, { id: 'c' });
      assert.ok(!('continuation' in last().params));
    });
  }

  it('forgets with another model what was generated, for good', async () => {
    const { inspection, facts, last } = setUp();
    void inspection.run('text');
    await answer(last, { id: 'a' });
    void inspection.setContinuation([3]);
    await answer(last, { id: 'b' });
    for (const model of ['/other', '/m']) {
      facts.model = model;
      void inspection.runModel();
      await answer(last, { id: model });
      assert.deepEqual(last().params, { model, text: 'text', maximumTokens: 8, memoryBudget: 1e9 });
    }
  });

  it('forgets a continuation that cannot be run, and one whose run was cancelled', async () => {
    const { inspection, last } = setUp();
    void inspection.run('text');
    await answer(last, { id: 'a' });
    void inspection.setContinuation([3]);
    await answer(last, { id: 'b' });
    void inspection.setContinuation([3, 99]);
    await settle();
    last().reject(new InspectorError('inputs-wrong', '99 cannot follow the text.'));
    await settle();
    assert.ok(inspection.state.kind === 'failed');
    void inspection.runAgain();
    await answer(last, { id: 'c' });
    assert.deepEqual(continued(last), [3]);
    void inspection.setContinuation([3, 4]);
    await settle();
    inspection.cancel();
    await settle();
    void inspection.runAgain();
    await answer(last, { id: 'd' });
    assert.deepEqual(continued(last), [3]);
  });

  it('shows a capture file without a model and reads it again when it was lost', async () => {
    const { inspection, calls, facts, last } = setUp();
    facts.stale = false;
    const opened = inspection.openFile('/tmp/a.safetensors');
    await answer(last, { id: 'a', file: '/tmp/a.safetensors', text: 'its text' });
    await opened;
    assert.ok(inspection.state.kind === 'ready' && !inspection.state.stale);
    inspection.lost('a');
    await settle();
    assert.deepEqual(methods(calls), ['openCapture', 'openCapture']);
  });

  it('runs the text of a capture file when a model is chosen', async () => {
    const { inspection, last } = setUp();
    void inspection.openFile('/tmp/a.safetensors');
    await answer(last, { id: 'a', text: 'its text' });
    void inspection.runModel();
    await answer(last, { id: 'b' });
    assert.deepEqual([last().method, last().params.text], ['inspect', 'its text']);
  });

  it('offers another file where one cannot be read, and refuses a target for it', async () => {
    const { inspection, last } = setUp();
    void inspection.openFile('/tmp/a.safetensors');
    await settle();
    last().reject(new InspectorError('capture-broken', 'Broken.'));
    await settle();
    assert.ok(inspection.state.kind === 'failed');
    assert.deepEqual(inspection.state.remedies, ['openCapture', 'showLog']);
    await assert.rejects(inspection.setTarget('Ziel'), { code: 'inputs-wrong' });
    await assert.rejects(inspection.generateTarget(), { code: 'inputs-wrong' });
    await assert.rejects(inspection.setContinuation([1]), /generated follows a text/);
  });
});

describe('interventions that a text cannot be run with', () => {
  const one = (layer: number): Intervention => ({
    kind: 'intervention',
    at: { layer, point: 'value' },
    how: { zero: true },
  });

  it('are switched off, and the others are run', async () => {
    const { inspection, calls, last } = setUp();
    void inspection.run('text');
    await answer(last, { id: 'a' });
    void inspection.setInterventions([one(0), one(9)]);
    await settle();
    last().reject(new InspectorError('inputs-wrong', 'Intervention 2: there is no layer 9.'));
    await settle();
    assert.deepEqual(last().params.changes, [one(0), { ...one(9), on: false }]);
    await answer(last, { id: 'b' });
    assert.equal(inspection.capture?.id, 'b');
    assert.equal(calls.length, 3);
  });

  it('are not what another error is about', async () => {
    const { inspection, calls, last } = setUp();
    void inspection.run('text');
    await answer(last, { id: 'a' });
    void inspection.setInterventions([one(0)]);
    await settle();
    last().reject(new InspectorError('inputs-wrong', 'There is no such input.'));
    await settle();
    assert.equal(inspection.state.kind, 'failed');
    assert.equal(calls.length, 2);
  });
});
