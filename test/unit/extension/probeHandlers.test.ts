import assert from 'node:assert/strict';
import { probeHandlers, type ProbeActions } from '../../../src/extension/pages/probeHandlers';
import type { CaptureSummary } from '../../../src/protocol/capture';
import { InspectorError } from '../../../src/protocol/errors';
import { LongWork } from '../../../src/extension/runs/longWork';
import { NEVER_CANCELLED, type Cancellation } from '../../../src/protocol/rpc';

/** Handlers of a page whose run has the id `shown`; what they pass on is written down. */
function setUp(summary: Partial<CaptureSummary> = {}) {
  const calls: unknown[] = [];
  const note = (...call: unknown[]) => {
    calls.push(call);
    return Promise.resolve(null);
  };
  const model = { path: '/models/small' };
  const work = new LongWork(() => undefined);
  const actions = {
    client: { call: note },
    sides: { read: (...call: unknown[]) => note('read', ...call) },
    inspection: { capture: { id: 'shown', model, ...summary } },
    corpora: {
      pathOf: (corpus: string) => (corpus === 'chosen' ? { corpus: '/texts/own.conllu' } : {}),
      choose: () => Promise.resolve({ name: 'own.conllu' }),
    },
    work,
  };
  return { calls, work, handlers: probeHandlers(actions as unknown as ProbeActions) };
}

describe('what pages ask about probes', () => {
  const quiet = () => undefined;

  it('is asked of the model of the run, with the corpus that they mean', async () => {
    const { calls, handlers } = setUp();
    const wish = { capture: 'shown', corpus: 'bundled' } as const;
    await handlers.probes(wish, quiet, NEVER_CANCELLED);
    await handlers.fitProbes({ ...wish, corpus: 'chosen' }, quiet, NEVER_CANCELLED);
    await handlers.syntax(wish, quiet, NEVER_CANCELLED);
    const asked = (calls as [string, object, object?][]).map(([method, choice]) => [
      method,
      choice,
    ]);
    assert.deepEqual(asked, [
      ['probes', { model: '/models/small' }],
      ['fitProbes', { model: '/models/small', corpus: '/texts/own.conllu' }],
      ['syntax', { model: '/models/small' }],
    ]);
  });

  it('is ended by people, and by the page that asked', async () => {
    for (const end of ['people', 'page'] as const) {
      const { calls, handlers, work } = setUp();
      const page = new AbortController();
      const wish = { capture: 'shown', corpus: 'bundled' } as const;
      const fit = handlers.fitProbes(wish, quiet, page.signal);
      assert.ok(work.isUnderWay);
      const [, , options] = calls[0] as [string, object, { signal: Cancellation }];
      assert.ok(!options.signal.aborted);
      if (end === 'people') work.cancel();
      else page.abort();
      assert.ok(options.signal.aborted);
      await fit;
      assert.ok(!work.isUnderWay);
    }
  });

  it('labels are read like every slice of a run, so that a lost run is run again', async () => {
    const { calls, handlers } = setUp();
    await handlers.probeLabels({ capture: 'shown', corpus: 'chosen' }, quiet, NEVER_CANCELLED);
    assert.deepEqual(calls, [
      ['read', 'probeLabels', { capture: 'shown', corpus: '/texts/own.conllu' }],
    ]);
  });

  it('a run that is not on show, or was read from a file, has no model to probe', async () => {
    const refused = async (summary: Partial<CaptureSummary>, code: string) => {
      const { calls, handlers } = setUp(summary);
      const wish = { capture: 'shown', corpus: 'bundled' } as const;
      for (const method of ['probes', 'fitProbes', 'syntax'] as const) {
        await assert.rejects(
          async () => handlers[method](wish, quiet, NEVER_CANCELLED),
          (error: unknown) => error instanceof InspectorError && error.code === code,
        );
      }
      assert.deepEqual(calls, []);
    };
    await refused({ id: 'another' }, 'capture-missing');
    await refused({ file: '/runs/saved.safetensors' }, 'inputs-wrong');
  });
});
