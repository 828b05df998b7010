import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { ModelChecks, type CheckSources } from '../../../../src/extension/findings/modelChecks';
import { Pins } from '../../../../src/extension/findings/pins';
import type { Made } from '../../../../src/extension/runs/inspectionParts';
import type { CaptureSummary } from '../../../../src/protocol/capture';
import { InspectorError } from '../../../../src/protocol/errors';
import type { FindingsState, ModelFinding, ModelFindings } from '../../../../src/protocol/findings';
import type { CheckParams } from '../../../../src/protocol/inspector';
import type { Intervention } from '../../../../src/protocol/intervention';

const FOUND: ModelFindings = {
  findings: [],
  passed: ['nan'],
  undecided: [],
  runs: 3,
  milliseconds: 10,
};

interface Check {
  readonly params: CheckParams;
  readonly signal: AbortSignal;
  answer(value: ModelFindings): void;
  fail(error: Error): void;
  progress(value: unknown): void;
}

function memory() {
  const values = new Map<string, unknown>();
  return {
    get: (key: string) => values.get(key),
    update: (key: string, value: unknown) => Promise.resolve(void values.set(key, value)),
  };
}

/** Checks whose answers the test gives by hand. */
function setUp() {
  const facts = {
    model: '/m',
    text: 'a',
    capture: 'c1' as string | undefined,
    bytes: 1e6,
    changes: [] as { readonly kind: 'intervention' }[],
    isRunning: false,
    isBusy: false,
    isStill: true,
    isAutomatic: true,
    stamp: 's1',
  };
  const calls: Check[] = [];
  const told: FindingsState[] = [];
  const client = {
    call: (
      method: string,
      params: CheckParams,
      { signal, onProgress }: { signal: AbortSignal; onProgress: (value: unknown) => void },
    ) =>
      new Promise<ModelFindings>((resolve, reject) => {
        assert.equal(method, 'check');
        calls.push({ params, signal, answer: resolve, fail: reject, progress: onProgress });
        signal.addEventListener('abort', () => reject(new InspectorError('cancelled', 'Ended.')));
      }),
  };
  const checks = new ModelChecks({
    client: client as unknown as CheckSources['client'],
    pins: new Pins(memory()),
    run: () =>
      facts.capture === undefined
        ? undefined
        : {
            capture: { id: facts.capture, model: { fileSize: facts.bytes } } as CaptureSummary,
            made: {
              params: {
                model: facts.model,
                text: facts.text,
                maximumTokens: 8,
                memoryBudget: 1,
                changes: facts.changes as unknown as (Intervention & { kind: 'intervention' })[],
              },
              reference: facts.model,
            } satisfies Made,
          },
    isRunning: () => facts.isRunning,
    isBusy: () => facts.isBusy,
    isStill: () => facts.isStill,
    isAutomatic: () => facts.isAutomatic,
    stamp: () => Promise.resolve(facts.stamp),
    changed: state => told.push(state),
    log: () => undefined,
  });
  /** Something happened; resolves once what follows at once is done. */
  const follow = async () => {
    checks.follow();
    await setImmediate();
  };
  const at = (index: number): Check => {
    const call = calls.at(index);
    assert.ok(call, 'no check was begun');
    return call;
  };
  return { checks, facts, calls, told, follow, at };
}

const isStale = ({ state }: ModelChecks) => state.kind === 'ready' && state.isStale;
const captureOf = ({ state }: ModelChecks) => state.kind === 'ready' && state.capture;

describe('checks of the main run’s model', () => {
  it('begin once it is still, with what the run reads and without its changes', async () => {
    const { facts, calls, told, follow, at, checks } = setUp();
    facts.isStill = false;
    facts.changes = [{ kind: 'intervention' }];
    await follow();
    assert.equal(calls.length, 0);
    facts.isStill = true;
    await follow();
    assert.deepEqual(at(0).params, { model: '/m', text: 'a', maximumTokens: 8 });
    at(0).progress({ decided: 1, rules: 2, runs: 1, finding: { code: 'nan' } as ModelFinding });
    at(0).answer(FOUND);
    await setImmediate();
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['running', 'running', 'ready'],
    );
    const [, second] = told;
    assert.deepEqual(second?.kind === 'running' && second.found.map(({ code }) => code), ['nan']);
    const ready = { kind: 'ready', capture: 'c1', result: FOUND, pinned: [], isStale: false };
    assert.deepEqual(checks.state, ready);
  });

  it('are made once a model, whatever text follows; tokens mean those of the text that was checked', async () => {
    const { facts, calls, follow, at, checks } = setUp();
    await follow();
    at(0).answer(FOUND);
    await setImmediate();
    facts.capture = 'c2';
    await follow();
    assert.equal(captureOf(checks), 'c2');
    facts.capture = 'c3';
    facts.text = 'b';
    await follow();
    assert.equal(captureOf(checks), 'c1');
    facts.model = '/n';
    await follow();
    at(1).answer(FOUND);
    await setImmediate();
    facts.model = '/m';
    await follow();
    assert.ok(checks.state.kind === 'ready');
    assert.equal(calls.length, 2);
  });

  it('end for a new run, and begin again after it', async () => {
    const { facts, calls, follow, at, checks } = setUp();
    await follow();
    facts.capture = undefined;
    facts.isRunning = true;
    await follow();
    assert.equal(at(0).signal.aborted, true);
    assert.deepEqual(checks.state, { kind: 'none' });
    facts.capture = 'c2';
    facts.isRunning = false;
    await follow();
    assert.equal(calls.length, 2);
  });

  it('give way to what takes long, unless people asked for them', async () => {
    const { facts, calls, follow, at, checks } = setUp();
    await follow();
    facts.isBusy = true;
    await follow();
    assert.equal(at(0).signal.aborted, true);
    checks.ask();
    await follow();
    assert.equal(calls.length, 2);
    assert.equal(at(1).signal.aborted, false);
    assert.equal(checks.isAwaited, true);
    // Reads of pages end neither.
    facts.isBusy = false;
    facts.isStill = false;
    await follow();
    assert.equal(at(1).signal.aborted, false);
  });

  it('are made of large models, and where the setting says so, only when people ask', async () => {
    const { facts, calls, follow, at, checks } = setUp();
    facts.bytes = 601e6;
    await follow();
    facts.bytes = 1e6;
    facts.isAutomatic = false;
    await follow();
    assert.equal(calls.length, 0);
    checks.ask();
    await setImmediate();
    at(0).answer(FOUND);
    await setImmediate();
    assert.equal(checks.state.kind, 'ready');
    assert.equal(checks.isAwaited, false);
    checks.ask();
    await setImmediate();
    assert.equal(calls.length, 2);
  });

  it('that people asked for during a run are made after it', async () => {
    const { facts, calls, follow, checks } = setUp();
    facts.isAutomatic = false;
    facts.capture = undefined;
    facts.isRunning = true;
    checks.ask();
    await follow();
    assert.equal(calls.length, 0);
    facts.capture = 'c1';
    facts.isRunning = false;
    await follow();
    assert.equal(calls.length, 1);
  });

  it('that people end do not begin again by themselves', async () => {
    const { calls, follow, at, checks } = setUp();
    await follow();
    checks.cancel();
    assert.equal(at(0).signal.aborted, true);
    await follow();
    assert.equal(calls.length, 1);
    assert.deepEqual(checks.state, { kind: 'none' });
    checks.ask();
    await follow();
    assert.equal(calls.length, 2);
  });

  it('are made again when files change; until then what is known is said to be old', async () => {
    const { facts, calls, follow, at, checks } = setUp();
    await follow();
    at(0).answer(FOUND);
    await setImmediate();
    await checks.filesChanged();
    assert.equal(calls.length, 1);
    facts.isAutomatic = false;
    facts.stamp = 's2';
    await checks.filesChanged();
    assert.equal(isStale(checks), true);
    assert.equal(calls.length, 1);
    facts.isAutomatic = true;
    await follow();
    at(1).answer({ ...FOUND, runs: 4 });
    await setImmediate();
    assert.equal(isStale(checks), false);
  });

  it('tell why there is nothing, and do not try again by themselves', async () => {
    const { calls, follow, at, checks } = setUp();
    await follow();
    at(0).fail(new InspectorError('model-broken', 'The model is broken.'));
    await setImmediate();
    await follow();
    assert.ok(checks.state.kind === 'failed' && checks.state.error.code === 'model-broken');
    assert.equal(calls.length, 1);
  });

  it('refuse where there is no model, and say what to do', () => {
    const { facts, checks } = setUp();
    facts.capture = undefined;
    assert.throws(() => checks.ask(), /Inspect a text with the model first/);
  });

  it('know what people ignore, model by model', async () => {
    const { facts, follow, at, checks } = setUp();
    await follow();
    at(0).answer(FOUND);
    await setImmediate();
    await checks.pin('nan decoder', true);
    await checks.pin('future-leak decoder', true);
    await checks.pin('nan decoder', false);
    const pinned = () => checks.state.kind === 'ready' && checks.state.pinned;
    assert.deepEqual(pinned(), ['future-leak decoder']);
    facts.model = '/n';
    await follow();
    at(1).answer(FOUND);
    await setImmediate();
    assert.deepEqual(pinned(), []);
  });

  it('are told to pages once', async () => {
    const { told, follow, at } = setUp();
    await follow();
    at(0).answer(FOUND);
    await setImmediate();
    await follow();
    await follow();
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['running', 'ready'],
    );
  });
});
