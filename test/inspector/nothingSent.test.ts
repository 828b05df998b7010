import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { InspectorApi } from '../../src/protocol/inspector';
import { Caller } from '../../src/protocol/rpc';

/** The environment of somebody who never asked for silence, with a home of their own. */
function plainEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^XDG_|TELEMETRY/i.test(name));
  return { ...Object.fromEntries(kept), HOME: home, USERPROFILE: home };
}

/** Sockets that a process holds and that lead further than to another process of this machine. */
function outwardSockets(pid: number): string[] {
  const local = readFileSync(`/proc/${pid}/net/unix`, 'utf8');
  const inodes = new Set(local.split('\n').map(line => line.split(/\s+/)[6]));
  return readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
    try {
      const socket = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`));
      return socket && !inodes.has(socket[1]) ? [socket[0]] : [];
    } catch {
      // It was closed meanwhile.
      return [];
    }
  });
}

describe('nothing is sent', function () {
  this.timeout(300_000);
  let home: string;
  before(async () => (home = await mkdtemp(join(tmpdir(), 'attention-debugger-home-'))));
  after(() => rm(home, { recursive: true }));

  it('by the inspector process: no file in the home folder, no socket but its channel', async () => {
    const child = fork(resolve('src/inspector/process.ts'), {
      serialization: 'advanced',
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: plainEnvironment(home),
    });
    const caller = new Caller<InspectorApi>({
      post: message => void child.send(message as object),
      listen: listener => {
        child.on('message', listener);
        return () => child.off('message', listener);
      },
    });
    const model = resolve('models/encoder');
    await caller.call('inspect', { model, text: 'The cat sat on the mat.', maximumTokens: 64 });
    const sockets = existsSync(`/proc/${child.pid}/fd`) ? outwardSockets(child.pid ?? 0) : [];
    const exited = once(child, 'exit');
    child.disconnect();
    await exited;
    assert.deepEqual(sockets, []);
    // What the runtime writes there, it writes as soon as it is loaded.
    assert.deepEqual(await readdir(home, { recursive: true }), []);
  });
});
