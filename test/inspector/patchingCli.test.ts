import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors, toFloat32 } from '../../src/inspector/files/safetensors';

type Rows = readonly (readonly (number | null)[])[];
interface PatchReport {
  readonly tokens: readonly string[];
  readonly clean: number;
  readonly corrupt: number;
  readonly residual: Rows;
  readonly attentionOutput: Rows;
  readonly feedForwardOutput: Rows;
  readonly heads: Readonly<Record<string, Rows>>;
  readonly missing: readonly unknown[];
}
interface SweepReport {
  readonly tokens: readonly string[];
  readonly plain: number;
  readonly effects: Rows;
  readonly random?: Rows;
}

/** Runs the command line as `npm run --silent cli -- …` does. */
function cli(...args: string[]) {
  const command = ['--import', 'tsx', 'src/inspector/cli.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const PAIR = ['--clean', 'The dogs near the house', '--corrupt', 'The dog near the house'];
const MEASURE = ['--answer', ' were', '--other', ' was'];
const { cases } = JSON.parse(readFileSync('test/fixtures/patching/patching.json', 'utf8')) as {
  cases: Record<string, { a: number; b: number; maps: Record<string, Rows> }>;
};

describe('patching and sweeps on the command line', function () {
  this.timeout(300_000);
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-patch-'))));
  after(() => rm(scratch, { recursive: true }));

  it('patch --json prints the shares of every layer and token, and of every head', async () => {
    const dump = join(scratch, 'maps.safetensors');
    const model = ['--model', 'models/decoder'];
    const { status, stdout, stderr } = cli(
      'patch',
      ...model,
      ...PAIR,
      ...MEASURE,
      '--json',
      '--dump',
      dump,
    );
    assert.deepEqual([status, stderr], [0, '']);
    const report = JSON.parse(stdout) as PatchReport;
    const oracle = cases['agreement.decoder'];
    assert.ok(oracle);
    assert.deepEqual(report.tokens, ['<|endoftext|>', 'ĠThe', 'Ġdogs', 'Ġnear', 'Ġthe', 'Ġhouse']);
    assert.ok(
      Math.abs(report.clean - oracle.a) < 1e-3 && Math.abs(report.corrupt - oracle.b) < 1e-3,
    );
    const maps = { ...report, ...report.heads } as unknown as Record<string, Rows>;
    const tensors = readSafetensors(await readFile(dump));
    for (const [part, rows] of Object.entries(oracle.maps)) {
      const found = maps[part] ?? [];
      assert.deepEqual([found.length, found[0]?.length], [rows.length, rows[0]?.length], part);
      const stored = tensors.get(part) ?? tensors.get(`heads.${part}`);
      assert.deepEqual(stored?.dims, [rows.length, rows[0]?.length], part);
      const values = [...toFloat32(stored)];
      for (const [i, share] of found.flat().entries()) {
        const expected = ((rows.flat()[i] ?? NaN) - oracle.b) / (oracle.a - oracle.b);
        assert.ok(Math.abs((share ?? NaN) - expected) < 1e-3, `${part} ${i}: ${share ?? ''}`);
        assert.equal(values[i], share);
      }
    }
    assert.deepEqual(report.missing, []);
  });

  it('sweep --json prints what is left without each head, edge or token', () => {
    const text = ['--model', 'models/decoder', '--text', 'The dogs near the house'];
    const swept = (...more: string[]) => {
      const { status, stdout, stderr } = cli('sweep', ...text, ...MEASURE, ...more, '--json');
      assert.deepEqual([status, stderr], [0, '']);
      return JSON.parse(stdout) as SweepReport;
    };
    const heads = swept('--kind', 'heads');
    assert.equal(heads.random?.length, 6);
    // Without the head that reads the subject, the difference is almost gone.
    assert.ok(Math.abs(heads.plain + (heads.effects[5]?.[2] ?? NaN) - 0.634) < 1e-2);
    const edges = swept('--kind', 'edges', '--layer', '5');
    assert.ok(Math.abs(edges.plain + (edges.effects[2]?.[2] ?? NaN) - 0.465) < 1e-2);
    assert.equal(swept('--kind', 'edges', '--query', '0').effects[0]?.[0], null);
    assert.equal(swept('--kind', 'tokens').effects[0]?.length, 6);
  });

  it('prints tables for people', () => {
    const { status, stdout } = cli('patch', '--model', 'models/decoder', ...PAIR, ...MEASURE);
    assert.equal(status, 0);
    assert.match(stdout, /^clean 5\.7661, corrupt -6\.0307: \d+ patches in \d+ batches/);
    assert.match(stdout, /\nL5 +0\.00 +0\.00 +0\.97 /);
  });

  it('says in one sentence what is wrong with texts and tokens, and what is wrong usage', () => {
    const bad: readonly (readonly [number, RegExp, readonly string[]])[] = [
      [
        1,
        /^6 and 7 tokens: /,
        [
          'patch',
          '--clean',
          'The dogs near the house',
          '--corrupt',
          'The old dog near the house',
          ...MEASURE,
        ],
      ],
      [1, /^“ houseboats” is \d tokens/, ['patch', ...PAIR, '--answer', ' houseboats']],
      [1, /^There is no token 6: the text has 6/, ['patch', ...PAIR, '--at', '6']],
      [1, /^Both texts give the same there/, ['patch', ...PAIR, ...MEASURE, '--at', '1']],
      [2, /--clean and --corrupt/, ['patch', '--clean', 'a']],
      [2, /--direction takes/, ['patch', ...PAIR, '--direction', 'up']],
      [2, /--kind takes/, ['sweep', '--text', 'a', '--kind', 'layers']],
      [2, /whole numbers/, ['sweep', '--text', 'a', '--kind', 'edges', '--query', 'x']],
      [2, /--other goes with --answer/, ['patch', ...PAIR, '--other', ' was']],
    ];
    for (const [code, sentence, [command = '', ...args]] of bad) {
      const { status, stdout, stderr } = cli(command, '--model', 'models/decoder', ...args);
      assert.equal(status, code, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, sentence);
      if (code === 1) assert.equal(stderr.trim().split('\n').length, 1, stderr);
    }
    assert.match(cli('sweep', '--help').stdout, /\n {2}sweep --model/);
  });
});
