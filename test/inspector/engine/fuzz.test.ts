import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InspectorError } from '../../../src/protocol/errors';
import { loadGraph } from '../../../src/inspector/model/graph/loadGraph';
import {
  instrumentedSkeleton,
  plainSkeleton,
} from '../../../src/inspector/onnx/rewrite/instrument';
import { fixture } from './support/cases';
import { seededRandom } from '../../support/seededRandom';
import { mutate } from './support/mutate';

const files = [
  'custom_expsum__legacy_op14',
  'gpt2__dynamo_sdpa_op23',
  'llama__groupQueryAttention_handbuilt_op17',
  'bert__extdata_dynamo_sdpa_op18',
];
const mutations = Number(process.env.FUZZ_MUTATIONS ?? 2000);
const opened = Number(process.env.FUZZ_OPENED ?? 60);
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

describe(`damaged models give clean errors (FUZZ_SEED=${seed})`, () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'attention-debugger-fuzz-'));
    file = join(folder, 'model.onnx');
    const data = join(fixture('bert__extdata_dynamo_sdpa_op18'), 'model.onnx.data');
    writeFileSync(join(folder, 'model.onnx.data'), readFileSync(data));
  });
  after(() => rmSync(folder, { recursive: true }));

  it(`while reading, searching and instrumenting (${mutations} mutations)`, function () {
    this.timeout(300_000);
    const random = seededRandom(seed);
    const originals = files.map(name => readFileSync(join(fixture(name), 'model.onnx')));
    const codes = new Map<string, number>();
    const before = process.memoryUsage().rss;
    let slowest = 0;
    for (let i = 0; i < mutations; i++) {
      const damaged = mutate(originals[i % originals.length] ?? new Uint8Array(), random);
      writeFileSync(file, damaged);
      const started = performance.now();
      const code = outcome(file);
      slowest = Math.max(slowest, performance.now() - started);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      assert.ok(!code.startsWith('unforeseen'), `mutation ${i}: ${code}`);
    }
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    console.log(`      ${[...codes].map(([code, count]) => `${code} ${count}`).join(', ')};`);
    console.log(`      slowest ${slowest.toFixed(0)} ms, memory grew by ${grown.toFixed(0)} MB`);
    assert.ok(slowest < 5000, `one took ${slowest.toFixed(0)} ms`);
    assert.ok(grown < 600, `memory grew by ${grown.toFixed(0)} MB`);
  });

  it(`while opening in the runtime (${opened} mutations in a child process)`, async function () {
    this.timeout(300_000);
    const random = seededRandom(seed + 1);
    const originals = files.map(name => readFileSync(join(fixture(name), 'model.onnx')));
    const codes = new Map<string, number>();
    let child = startChild();
    for (let i = 0; i < opened; i++) {
      writeFileSync(file, mutate(originals[i % originals.length] ?? new Uint8Array(), random));
      child.send(file);
      const answer = await answerOf(child);
      codes.set(answer, (codes.get(answer) ?? 0) + 1);
      assert.ok(!answer.startsWith('unforeseen'), `mutation ${i}: ${answer}`);
      if (!child.connected) child = startChild();
    }
    child.disconnect();
    console.log(`      ${[...codes].map(([code, count]) => `${code} ${count}`).join(', ')}`);
  });
});

/** The code of the error that a damaged file gives, or `read` where it is still a model. */
function outcome(path: string): string {
  try {
    const found = loadGraph(path);
    plainSkeleton(found.analysis.model);
    const kinds = found.points.found.map(
      ({ point }) => [point, Number(point === 'weights')] as const,
    );
    instrumentedSkeleton(found, { masks: true, positions: [], points: new Map(kinds) });
    return 'read';
  } catch (error) {
    if (error instanceof InspectorError) return error.code;
    return `unforeseen: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

function answerOf(child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    const exited = () => resolve('crashed in the runtime');
    child.once('exit', exited);
    child.once('message', answer => {
      child.off('exit', exited);
      resolve(answer as string);
    });
  });
}

function startChild(): ChildProcess {
  const script = join(import.meta.dirname, 'support/openChild.ts');
  return fork(script, {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}
