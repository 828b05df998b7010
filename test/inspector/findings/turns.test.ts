import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createInspector } from '../../../src/inspector/inspector';
import { NEVER_CANCELLED } from '../../../src/protocol/rpc';
import type { CheckProgress } from '../../../src/protocol/findings';
import { models, Planted } from './support';

const PARAMS = {
  model: join(models, 'encoder'),
  text: 'The key is on the table.',
  maximumTokens: 64,
};

describe('a check in the inspector', () => {
  const inspector = createInspector();
  const checked = (signal: AbortSignal, progress: () => void) =>
    inspector.check(PARAMS, progress, signal);

  it('lets a run that is asked for meanwhile go first', async () => {
    const ended: string[] = [];
    const note = (name: string) => () => void ended.push(name);
    let run: Promise<void> | undefined;
    const begin = () => {
      run ??= inspector.inspect(PARAMS, () => undefined, NEVER_CANCELLED).then(note('run'));
    };
    await checked(new AbortController().signal, begin).then(note('check'));
    await run;
    assert.deepEqual(ended, ['run', 'check']);
  });

  it('tells what it finds as it is decided, before the other rules are', async () => {
    const planted = new Planted();
    const model = planted.plant(PARAMS.model, { files: { 'config.json': { pad_token_id: 7 } } });
    const told: CheckProgress[] = [];
    const progress = (value: unknown) => void told.push(value as CheckProgress);
    const { findings } = await inspector.check({ ...PARAMS, model }, progress, NEVER_CANCELLED);
    planted.dispose();
    const at = told.findIndex(({ finding }) => finding?.code === 'wrong-special-ids');
    assert.ok(at >= 0 && at < told.length - 5);
    assert.deepEqual(
      told[at]?.finding,
      findings.find(({ code }) => code === 'wrong-special-ids'),
    );
  });

  it('ends when it is cancelled, whatever pass is under way, and takes nothing with it', async () => {
    const capture = await inspector.inspect(PARAMS, () => undefined, NEVER_CANCELLED);
    const ending = new AbortController();
    let told = 0;
    const cancelled = checked(ending.signal, () => {
      told++;
      // Within the rule that is told of, not between two.
      setImmediate(() => ending.abort());
    });
    await assert.rejects(cancelled, { code: 'cancelled' });
    const before = told;
    const params = { capture: capture.id, block: { stack: 'encoder', kind: 'self' } } as const;
    const { layers } = await inspector.overview(params, () => undefined, NEVER_CANCELLED);
    assert.equal(layers, capture.model.layers?.encoder);
    await inspector.inspect(PARAMS, () => undefined, NEVER_CANCELLED);
    assert.equal(told, before);
  });
});
