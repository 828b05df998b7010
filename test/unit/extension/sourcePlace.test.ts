import assert from 'node:assert/strict';
import type { CaptureSummary } from '../../../src/protocol/capture';
import { InspectorError } from '../../../src/protocol/errors';
import { panelChecks } from '../../../src/protocol/panel';
import type { SiteSource } from '../../../src/protocol/source';
import { sourcePlace } from '../../../src/extension/pages/sourcePlace';

const source: SiteSource = {
  places: [
    { file: '/a/attention.py', line: 3, stages: ['query'] },
    { file: '/a/attention.py', line: 9, stages: ['scores', 'softmax'] },
  ],
};
const inspection = {
  capture: {
    id: 'shown',
    model: {
      name: 'small',
      sites: [
        { stack: 'decoder', kind: 'self', layer: 0 },
        { stack: 'decoder', kind: 'self', layer: 1, source },
        { stack: 'encoder', kind: 'self', layer: 1 },
      ],
    },
  } as unknown as CaptureSummary,
};
const block = { stack: 'decoder', kind: 'self' } as const;
const wish = { capture: 'shown', block, layer: 1, stage: 'softmax' } as const;

/** Fails with this code. */
const refuses = (change: Partial<Parameters<typeof sourcePlace>[0]>, code: string): void =>
  assert.throws(
    () => sourcePlace({ ...wish, ...change }, inspection),
    error => error instanceof InspectorError && error.code === code,
  );

describe('the source that a page asks for', () => {
  it('is that of the step of its layer', () => {
    assert.equal(sourcePlace(wish, inspection).line, 9);
    assert.equal(sourcePlace({ ...wish, stage: 'query' }, inspection).line, 3);
  });

  it('is refused for other runs, layers, stacks and steps', () => {
    refuses({ capture: 'another' }, 'capture-missing');
    refuses({ layer: 0 }, 'not-captured');
    refuses({ layer: 7 }, 'not-captured');
    refuses({ block: { stack: 'encoder', kind: 'self' } }, 'not-captured');
    refuses({ stage: 'output' }, 'not-captured');
  });

  it('is asked for by its step, never by a path', () => {
    assert.deepEqual(panelChecks.openSource(wish), wish);
    for (const wrong of [
      { ...wish, file: '/etc/passwd' },
      { ...wish, stage: '../../etc/passwd.py' },
      { ...wish, stage: undefined },
      { ...wish, layer: -1 },
    ]) {
      assert.throws(() => panelChecks.openSource(wrong), /malformed “openSource”/);
    }
  });
});
