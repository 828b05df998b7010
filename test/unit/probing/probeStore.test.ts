import { strict as assert } from 'node:assert';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  loadProbes,
  saveProbes,
  storedPath,
  type StoredProbes,
} from '../../../src/inspector/probing/probeStore';
import {
  readSafetensors,
  writeSafetensors,
  type Safetensors,
} from '../../../src/inspector/files/safetensors';
import type { ProbeReport } from '../../../src/protocol/probes';

const key = { modelHash: 'a1'.repeat(32), corpusHash: 'b2'.repeat(32) };
const score = (state: number) => ({
  state,
  accuracy: { value: 0.9, low: 0.88, high: 0.92 },
  f1: 0.8,
  control: 0.6,
  selectivity: 0.3,
  descriptionLength: 1234.5,
  compression: 6.5,
  mixed: 0.91,
});
const report: ProbeReport = {
  model: 'small',
  ...key,
  stack: 'encoder',
  corpus: 'Treebank',
  sentences: 10,
  words: 100,
  states: 2,
  seed: 1,
  tasks: [
    {
      task: 'pos',
      classes: ['NOUN', 'VERB', 'X'],
      trainItems: 80,
      testItems: 20,
      majority: 0.4,
      scores: [score(0), score(1)],
      expectedLayer: 0.5,
      centreOfGravity: 0.6,
    },
  ],
  missing: [{ task: 'chunk', reason: 'No word has a chunk.' }],
  notes: ['One sentence.'],
  caveats: 'Take care.',
  elapsed: 12.5,
};
const probe = (seed: number) => ({
  weights: Float32Array.from({ length: 12 }, (_, i) => Math.fround(Math.sin(seed + i))),
  bias: Float32Array.of(seed, -seed, 0.5),
});
const stored: StoredProbes = { report, probes: new Map([['pos', [probe(1), probe(2)]]]) };

describe('stored probes', () => {
  let scratch: string;
  let path: string;
  beforeEach(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'attention-debugger-probes-'));
    path = storedPath(scratch, key);
    await saveProbes(path, stored);
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  /** Writes the file again with something else in it. */
  const change = (
    edit: (file: Safetensors) => void,
    metadata?: (report: ProbeReport) => unknown,
  ) => {
    const file = readSafetensors(readFileSync(path));
    edit(file);
    const changed = metadata
      ? { probes: JSON.stringify(metadata(structuredClone(report))) }
      : file.metadata;
    writeFileSync(path, writeSafetensors(file, changed));
  };
  const refused = async () => assert.equal(await loadProbes(path, key), undefined);

  it('come back as they were, and leave no other file behind', async () => {
    assert.deepEqual(await loadProbes(path, key), stored);
    const folder = join(scratch, 'probes');
    assert.deepEqual(readdirSync(folder), [`${key.modelHash}-${key.corpusHash}.safetensors`]);
    await saveProbes(path, { ...stored, report: { ...report, elapsed: 99 } });
    assert.equal((await loadProbes(path, key))?.report.elapsed, 99);
    assert.equal(readdirSync(folder).length, 1);
  });

  it('of another model or corpus count as none', async () => {
    assert.equal(await loadProbes(path, { ...key, modelHash: 'c3'.repeat(32) }), undefined);
    assert.equal(await loadProbes(path, { ...key, corpusHash: 'c3'.repeat(32) }), undefined);
    assert.equal(await loadProbes(join(scratch, 'nothing.safetensors'), key), undefined);
    assert.equal(await loadProbes(scratch, key), undefined);
  });

  it('that were cut or are something else count as none', async () => {
    truncateSync(path, 700);
    await refused();
    writeFileSync(path, 'not a safetensors file at all');
    await refused();
    writeFileSync(path, '');
    await refused();
  });

  it('whose tensors do not fit the report count as none', async () => {
    const name = 'pos.1.weights';
    const entry = (dims: readonly number[], data: Float32Array) =>
      ({ dtype: 'F32', dims, data }) as const;
    change(file => file.delete(name));
    await refused();
    change(file => file.set(name, entry([4, 3], new Float32Array(12))));
    await refused();
    change(file => file.set(name, entry([3, 5], new Float32Array(15))));
    await refused();
    change(file => file.set(name, { dtype: 'F16', dims: [3, 4], data: new Uint16Array(12) }));
    await refused();
    change(file => file.set(name, entry([3, 4], new Float32Array(12).fill(NaN))));
    await refused();
    change(file => file.set(name, entry([3, 4], new Float32Array(12))));
    assert.ok(await loadProbes(path, key));
  });

  it('whose report contradicts itself counts as none', async () => {
    const wrong: readonly ((report: ProbeReport) => unknown)[] = [
      () => ({}),
      () => null,
      each => ({ ...each, states: 3 }),
      each => ({ ...each, states: -1 }),
      each => ({ ...each, states: 1e9 }),
      each => ({ ...each, modelHash: '../../etc' }),
      each => ({ ...each, tasks: [...each.tasks, ...each.tasks] }),
      each => ({ ...each, tasks: [{ ...each.tasks[0], task: 'sentiment' }] }),
      each => ({ ...each, tasks: [{ ...each.tasks[0], majority: 7 }] }),
      each => ({ ...each, tasks: [{ ...each.tasks[0], classes: 'NOUN' }] }),
    ];
    for (const edit of wrong) {
      change(() => undefined, edit);
      await refused();
    }
    change(
      () => undefined,
      each => each,
    );
    assert.ok(await loadProbes(path, key));
  });
});
