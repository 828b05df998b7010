import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { setImmediate as settle, setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NEVER_CANCELLED } from '../../../src/protocol/rpc';
import { Inspection } from '../../../src/extension/runs/inspection';
import { InspectorClient } from '../../../src/extension/runs/inspectorClient';

const script = fileURLToPath(new URL('fakeInspector.cjs', import.meta.url));

describe('InspectorClient', () => {
  const lines: string[] = [];
  const log = {
    info: (line: string) => lines.push(line),
    warn: (line: string) => lines.push(line),
  };
  let client: InspectorClient;

  const inspect = async (text: string, seen?: unknown[], signal = NEVER_CANCELLED) => {
    const params = { model: '/m', text, maximumTokens: 8 };
    const answer: unknown = await client.call('inspect', params, {
      onProgress: value => seen?.push(value),
      signal,
    });
    return answer as { pid: number; bytes: Float32Array };
  };

  beforeEach(() => {
    lines.length = 0;
    client = new InspectorClient({ script, log });
  });
  afterEach(() => {
    client.dispose();
    mock.timers.reset();
  });

  it('starts the process with the first call, keeps it, and passes typed arrays and progress', async () => {
    assert.deepEqual(lines, []);
    const seen: unknown[] = [];
    const first = await inspect('text', seen);
    assert.deepEqual(first.bytes, new Float32Array([1, 2]));
    assert.deepEqual(seen, [{ stage: 'running', label: 'Running' }]);
    assert.equal((await inspect('text')).pid, first.pid);
  });

  it('is started twice for fifty inspections that follow each other, however long each takes', async () => {
    const inspection = new Inspection({
      client,
      model: () => Promise.resolve({ path: '/m' }),
      limits: () => ({ maximumTokens: 8 }),
      isStale: () => false,
      patience: 150,
      changed: () => undefined,
      log: () => undefined,
    });
    // A clock of its own: what the machine takes must not count as a rest between two.
    mock.timers.enable({ apis: ['setTimeout'] });
    const runs = [];
    for (let i = 0; i < 50; i++) {
      runs.push(inspection.run(i < 49 ? 'hang' : 'text'));
      await settle();
      mock.timers.tick(10);
    }
    await settle();
    mock.timers.tick(150);
    await Promise.all(runs);
    assert.equal(inspection.state.kind, 'ready');
    assert.equal(lines.filter(line => line.startsWith('Inspector process started')).length, 2);
  });

  it('passes errors on', async () => {
    await assert.rejects(inspect('refuse'), { code: 'model-broken', detail: 'why' });
  });

  it('ends every open call when the process dies, and starts it again with the next', async () => {
    const { pid } = await inspect('text');
    const hanging = assert.rejects(inspect('hang'), { code: 'crashed' });
    await assert.rejects(inspect('die'), { code: 'crashed', message: /Run again, or see the log/ });
    await hanging;
    assert.notEqual((await inspect('text')).pid, pid);
  });

  it('recognises that memory ran out', async () => {
    await assert.rejects(inspect('memory'), { code: 'out-of-memory', message: /shorter text/ });
    assert.ok(lines.some(line => line.includes('heap out of memory')));
  });

  it('ends a run at once when it is cancelled', async () => {
    const { pid } = await inspect('text');
    const hanging = assert.rejects(inspect('hang'), { code: 'cancelled' });
    client.cancel();
    await hanging;
    assert.notEqual((await inspect('text')).pid, pid);
  });

  it('ends the process with a cancelled call where nothing else is in it, and at once', async () => {
    const { pid } = await inspect('text');
    client.release('a');
    const ending = new AbortController();
    const hanging = assert.rejects(inspect('hang', [], ending.signal), { code: 'cancelled' });
    ending.abort();
    await hanging;
    assert.notEqual((await inspect('text')).pid, pid);
  });

  it('lets a process with a capture go on, unless it does not answer; other calls are made again', async () => {
    client = new InspectorClient({ script, log, stuckLimit: 100 });
    const { pid } = await inspect('text');
    const ending = new AbortController();
    const hanging = assert.rejects(inspect('hang', [], ending.signal), { code: 'cancelled' });
    const other = assert.rejects(inspect('hang'), { code: 'cancelled' });
    ending.abort();
    await pause(10);
    assert.ok(isAlive(pid));
    await hanging;
    while (isAlive(pid)) await pause(10);
    const started = () => lines.filter(line => line.startsWith('Inspector process started'));
    while (started().length < 2) await pause(10);
    client.cancel();
    await other;
  });

  it('ends the process when there is nothing to do', async () => {
    client = new InspectorClient({ script, log, idleLimit: 20 });
    const { pid } = await inspect('text');
    while (isAlive(pid)) await pause(10);
    assert.notEqual((await inspect('text')).pid, pid);
  });

  it('does not start a process only to release a capture', () => {
    client.release('capture');
    assert.deepEqual(lines, []);
  });

  it('says when the process cannot be started', async () => {
    client = new InspectorClient({ script: `${script}.missing`, log });
    await assert.rejects(inspect('text'), { code: 'crashed' });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
