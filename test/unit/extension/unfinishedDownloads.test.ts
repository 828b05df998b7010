import assert from 'node:assert/strict';
import type { Memento } from 'vscode';
import { UnfinishedDownloads } from '../../../src/extension/models/unfinishedDownloads';

function memory(): Memento {
  const values = new Map<string, unknown>();
  return {
    keys: () => [...values.keys()],
    get: <T>(key: string, otherwise?: T) => (values.get(key) as T | undefined) ?? otherwise,
    update: async (key: string, value: unknown) => void values.set(key, value),
  };
}

describe('downloads that were not finished', () => {
  it('are remembered in all windows, the latest first, until they are', async () => {
    const shared = memory();
    const here = new UnfinishedDownloads(shared);
    for (const name of ['a/1', 'a/2', 'a/1']) await here.add(name);
    assert.deepEqual(new UnfinishedDownloads(shared).names, ['a/1', 'a/2']);
    await here.remove('a/1');
    assert.deepEqual(here.names, ['a/2']);
    for (let i = 0; i < 9; i++) await here.add(`b/${i}`);
    assert.deepEqual(here.names, ['b/8', 'b/7', 'b/6', 'b/5', 'b/4']);
  });

  it('are none where something else was stored', async () => {
    const shared = memory();
    await shared.update('unfinishedDownloads', { x: 1 });
    assert.deepEqual(new UnfinishedDownloads(shared).names, []);
    await shared.update('unfinishedDownloads', [1, 'a/1']);
    assert.deepEqual(new UnfinishedDownloads(shared).names, ['a/1']);
  });
});
