import assert from 'node:assert/strict';
import { probeHandlers, type ProbeActions } from '../../../src/extension/probeHandlers';
import type { CaptureSummary } from '../../../src/protocol/capture';
import { InspectorError } from '../../../src/protocol/errors';
import { NEVER_CANCELLED } from '../../../src/protocol/rpc';

/** Handlers of a page whose run has the id `shown`; what they pass on is written down. */
function setUp(summary: Partial<CaptureSummary> = {}) {
  const calls: unknown[] = [];
  const note = (...call: unknown[]) => {
    calls.push(call);
    return Promise.resolve(null);
  };
  const model = { path: '/models/small' };
  const actions = {
    client: { call: note },
    sides: { read: (...call: unknown[]) => note('read', ...call) },
    inspection: { capture: { id: 'shown', model, ...summary } },
    corpora: {
      pathOf: (corpus: string) => (corpus === 'chosen' ? { corpus: '/texts/own.conllu' } : {}),
      choose: () => Promise.resolve({ name: 'own.conllu' }),
    },
  };
  return { calls, handlers: probeHandlers(actions as unknown as ProbeActions) };
}

describe('what pages ask about probes', () => {
  const quiet = () => undefined;

  it('is asked of the model of the run, with the corpus that they mean', async () => {
    const { calls, handlers } = setUp();
    const wish = { capture: 'shown', corpus: 'bundled' } as const;
    await handlers.probes(wish, quiet, NEVER_CANCELLED);
    await handlers.fitProbes({ ...wish, corpus: 'chosen' }, quiet, NEVER_CANCELLED);
    await handlers.syntax(wish, quiet, NEVER_CANCELLED);
    const options = { onProgress: quiet, signal: NEVER_CANCELLED };
    assert.deepEqual(calls, [
      ['probes', { model: '/models/small' }],
      ['fitProbes', { model: '/models/small', corpus: '/texts/own.conllu' }, options],
      ['syntax', { model: '/models/small' }, options],
    ]);
  });

  it('labels are read like every slice of a run, so that a lost run is run again', async () => {
    const { calls, handlers } = setUp();
    await handlers.probeLabels({ capture: 'shown', corpus: 'chosen' }, quiet, NEVER_CANCELLED);
    assert.deepEqual(calls, [
      ['read', 'probeLabels', { capture: 'shown', corpus: '/texts/own.conllu' }],
    ]);
  });

  it('a run that is not on show, or was read from a file, has no model to probe', () => {
    const refused = (summary: Partial<CaptureSummary>, code: string) => {
      const { calls, handlers } = setUp(summary);
      const wish = { capture: 'shown', corpus: 'bundled' } as const;
      for (const method of ['probes', 'fitProbes', 'syntax'] as const) {
        assert.throws(
          () => handlers[method](wish, quiet, NEVER_CANCELLED),
          (error: unknown) => error instanceof InspectorError && error.code === code,
        );
      }
      assert.deepEqual(calls, []);
    };
    refused({ id: 'another' }, 'capture-missing');
    refused({ file: '/runs/saved.safetensors' }, 'inputs-wrong');
  });
});
