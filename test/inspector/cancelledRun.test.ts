import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CaptureSummary, InspectProgress } from '../../src/protocol/capture';
import { changesOf } from '../../src/protocol/change';
import type { InspectorApi } from '../../src/protocol/inspector';
import { unpackingPort } from '../../src/protocol/packedTokens';
import type { ProbeProgress } from '../../src/protocol/probes';
import { Caller } from '../../src/protocol/rpc';
import { probeCorpus } from './support/probeCorpus';

const TEXT = 'The tiger jumped out of a tree to get a drink because it was thirsty.';
const LONG = `${TEXT} `.repeat(40);
const model = resolve('models/encoder');
const block = { stack: 'encoder', kind: 'self' } as const;

/** Resolves with the first value that is as it should be. */
function firstOf<T>(isIt: (value: T) => boolean) {
  let found: (value: T) => void = () => undefined;
  const first = new Promise<T>(resolve => (found = resolve));
  return { first, onProgress: (value: unknown) => isIt(value as T) && found(value as T) };
}

describe('a run that is cancelled', function () {
  this.timeout(240_000);
  let child: ChildProcess;
  let caller: Caller<InspectorApi>;
  let scratch: string;
  let main: CaptureSummary;
  let beside: CaptureSummary;

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-cancel-'));
    child = fork(resolve('src/inspector/process.ts'), [scratch], {
      serialization: 'advanced',
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    });
    caller = new Caller<InspectorApi>(
      unpackingPort({
        post: message => void child.send(message as object),
        listen: listener => {
          child.on('message', listener);
          return () => child.off('message', listener);
        },
      }),
    );
    const spec = { model, text: TEXT, maximumTokens: 512 };
    main = await caller.call('inspect', spec);
    const changes = changesOf({ mask: { kind: 'causal' } });
    beside = await caller.call('inspect', { ...spec, changes });
  });
  after(async () => {
    child.kill();
    await rm(scratch, { recursive: true });
  });

  /** A run that is in the runtime when it is cancelled. */
  const cancelOne = async (text = LONG): Promise<void> => {
    const ending = new AbortController();
    const { first, onProgress } = firstOf<InspectProgress>(({ stage }) => stage === 'running');
    const run = caller.call(
      'inspect',
      { model, text, maximumTokens: 512 },
      { onProgress, signal: ending.signal },
    );
    const refused = assert.rejects(run, { code: 'cancelled', message: 'The run was cancelled.' });
    await first;
    ending.abort();
    await refused;
  };

  /** The map and a row of both captures, and how they differ. */
  const readAll = async () => {
    const at = { block, layer: 1, head: 2 };
    const maps = [];
    for (const { id } of [main, beside]) {
      maps.push((await caller.call('map', { capture: id, ...at })).codes);
      maps.push((await caller.call('row', { capture: id, ...at, query: 3 })).weights);
    }
    const compared = { before: main.id, after: beside.id, ...at };
    return [...maps, (await caller.call('difference', compared)).codes];
  };

  it('leaves a fit going on and every capture where it is', async () => {
    const corpus = probeCorpus(scratch, 'small.conllu', 60);
    const before = await readAll();
    const { first, onProgress } = firstOf<ProbeProgress>(({ label }) =>
      label.startsWith('Fitting'),
    );
    let isFitted = false;
    const fit = caller.call('fitProbes', { model, corpus }, { onProgress });
    void fit.then(() => (isFitted = true));
    await first;
    assert.ok(!isFitted);
    await cancelOne();
    assert.deepEqual(await readAll(), before);
    assert.equal((await fit).corpus, 'small.conllu');
  });

  it('leaves sentences of a fit that wait for their turn behind it', async () => {
    const corpus = probeCorpus(scratch, 'other.conllu', 61);
    const { first, onProgress } = firstOf<InspectProgress>(({ stage }) => stage === 'running');
    const ending = new AbortController();
    const params = { model, text: LONG, maximumTokens: 512 };
    const run = caller.call('inspect', params, { onProgress, signal: ending.signal });
    const refused = assert.rejects(run, { code: 'cancelled' });
    await first;
    const fit = caller.call('fitProbes', { model, corpus });
    ending.abort();
    await refused;
    assert.equal((await fit).corpus, 'other.conllu');
  });

  it('gives way to the next one, whose numbers are those of any run', async () => {
    await cancelOne();
    const again = await caller.call('inspect', { model, text: TEXT, maximumTokens: 512 });
    const at = { block, layer: 4, head: 3 };
    const [before, after] = [main, again].map(({ id }) =>
      caller.call('map', { capture: id, ...at }),
    );
    assert.deepEqual((await after)?.codes, (await before)?.codes);
  });

  it('never begins where it still waits for its turn', async () => {
    const stages: string[] = [];
    const ending = new AbortController();
    const first = caller.call('inspect', { model, text: TEXT, maximumTokens: 512 });
    const waiting = caller.call(
      'inspect',
      { model, text: LONG, maximumTokens: 512 },
      {
        signal: ending.signal,
        onProgress: value => stages.push((value as InspectProgress).stage),
      },
    );
    ending.abort();
    await assert.rejects(waiting, { code: 'cancelled' });
    assert.ok((await first).id);
    await caller.call('map', { capture: main.id, block, layer: 0, head: 0 });
    assert.deepEqual(stages, []);
  });

  it('lets maps be read while it is in the runtime', async () => {
    const ending = new AbortController();
    const { first, onProgress } = firstOf<InspectProgress>(({ stage }) => stage === 'running');
    let isDone = false;
    const params = { model, text: LONG, maximumTokens: 512 };
    const run = caller.call('inspect', params, { onProgress, signal: ending.signal });
    const ended = run.then(() => (isDone = true));
    await first;
    await caller.call('map', { capture: main.id, block, layer: 0, head: 0 });
    assert.ok(!isDone, 'the map came first');
    await ended;
  });
});
