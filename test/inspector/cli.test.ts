import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseMask } from '../../src/inspector/cli/options';
import {
  readSafetensors,
  toFloat32,
  writeSafetensors,
} from '../../src/inspector/files/safetensors';

const tiger = 'The tiger jumped out of a tree to get a drink because it was thirsty.';

interface Report {
  model: {
    architecture: string;
    layers: Record<string, number>;
    heads: number;
    headDim: number;
    sites: { stack: string; layer: number; kind: string }[];
  };
  tokens: Record<string, { index: number; token: string; start: number; end: number }[]>;
  selfCheck: { output: { result: string }; sites: { result: string }[] };
  refused: unknown[];
  totalTokens?: number;
  timings: Record<string, number>;
}

/** Runs the command line as `npm run --silent cli -- …` does. */
function cli(...args: string[]) {
  const command = ['--import', 'tsx', 'src/inspector/cli.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the command line', function () {
  this.timeout(300_000);
  let scratch: string;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-cli-'));
  });
  after(() => rm(scratch, { recursive: true }));

  it('inspect --json prints model, tokens with exact offsets, and the self-check', () => {
    const { status, stdout } = cli(
      'inspect',
      '--model',
      'models/encoder',
      '--text',
      tiger,
      '--json',
    );
    assert.equal(status, 0);
    const report = JSON.parse(stdout) as Report;
    assert.equal(report.model.architecture, 'EsmForMaskedLM');
    assert.deepEqual(report.model.layers, { encoder: 6 });
    assert.deepEqual([report.model.heads, report.model.headDim], [4, 32]);
    const tokens = report.tokens.encoder ?? [];
    assert.equal(tokens.length, 18);
    for (const { token, start, end } of tokens.slice(1, -1)) {
      assert.equal(tiger.slice(start, end).toLowerCase(), token.replace('##', ''));
    }
    assert.equal(report.selfCheck.output.result, 'exact');
    assert.deepEqual(
      report.selfCheck.sites.map(({ result }) => result),
      Array(6).fill('exact'),
    );
    assert.deepEqual(report.refused, []);
  });

  it('--interventions prints the likeliest outputs before and after', async () => {
    const list = join(scratch, 'list.json');
    const inspected = (...more: string[]) =>
      cli('inspect', '--model', 'models/decoder', '--text', 'The dogs near the house', ...more);
    const at = { layer: 5, point: 'headOutput', heads: [2] };
    await writeFile(list, JSON.stringify([{ at, how: { zero: true } }]));
    const { status, stdout } = inspected('--interventions', list, '--json');
    assert.equal(status, 0);
    const { before, after, tokens } = JSON.parse(stdout) as Report & {
      readonly [When in 'before' | 'after']: { id: number; text: string; probability: number }[][];
    };
    const read = tokens.decoder ?? [];
    for (const best of [before, after]) {
      assert.deepEqual(
        best.map(({ length }) => length),
        read.map(() => 10),
      );
    }
    // As PyTorch has it: test/fixtures/interventions/experiments.json.
    const [plain, changed] = [before, after].map(best =>
      best.at(-1)?.find(({ text }) => text === ' were'),
    );
    assert.ok(Math.abs((plain?.probability ?? 0) - 0.29) < 1e-3);
    assert.ok(Math.abs((changed?.probability ?? 0) - 0.11) < 1e-3);
    await writeFile(list, JSON.stringify([{ at: { ...at, heads: [9] }, how: { zero: true } }]));
    const wrong = inspected('--interventions', list);
    assert.deepEqual([wrong.status, wrong.stdout], [1, '']);
    assert.match(
      wrong.stderr,
      /^Intervention 1: There is no head 9 in layer 5, which has 4, 0 to 3\.\n$/,
    );
    assert.equal(cli('inspect', '--model', 'models/decoder', '--interventions', list).status, 2);
  });

  it('--dump writes every tensor; rows sum to 1 and nothing looks ahead in the decoder', async () => {
    const dump = join(scratch, 'decoder.safetensors');
    const args = ['inspect', '--model', 'models/decoder', '--text', tiger, '--dump', dump];
    const { status, stdout } = cli(...args);
    assert.equal(status, 0);
    assert.match(stdout, /LlamaForCausalLM/);
    const tensors = readSafetensors(await readFile(dump));
    const parts = 'query key value scores maskedScores weights headOutput'.split(' ');
    const names = [
      ...[0, 1, 2, 3, 4, 5].flatMap(i => parts.map(part => `decoder.layers.${i}.self.${part}`)),
      ...[0, 1, 2, 3, 4, 5, 6].map(i => `decoder.hiddenStates.${i}`),
      'logits',
    ];
    assert.deepEqual([...tensors.keys()].sort(), names.sort());
    for (let layer = 0; layer < 6; layer++) {
      const weights = tensors.get(`decoder.layers.${layer}.self.weights`);
      assert.ok(weights);
      assert.deepEqual(weights.dims, [1, 4, 17, 17]);
      const values = toFloat32(weights);
      for (let row = 0; row < 4 * 17; row++) {
        let sum = 0;
        for (let key = 0; key < 17; key++) {
          const weight = values[row * 17 + key] ?? NaN;
          sum += weight;
          if (key > row % 17) assert.equal(weight, 0);
        }
        assert.ok(Math.abs(sum - 1) < 1e-5);
      }
    }
    assert.deepEqual(tensors.get('logits')?.dims, [1, 17, 8192]);
  });

  for (const name of [
    't5__legacy_eager_op14',
    'llama__legacy_eager_op14',
    'gpt2__past4_legacy_eager_op17',
  ]) {
    it(`--inputs feeds raw tensors, batches and padding included: ${name}`, async () => {
      const folder = join('test/fixtures/onnx', name);
      const dump = join(scratch, `${name}.safetensors`);
      const inputs = join(folder, 'inputs.safetensors');
      const args = ['inspect', '--model', folder, '--inputs', inputs, '--dump', dump, '--json'];
      const { status, stdout, stderr } = cli(...args);
      assert.equal(status, 0, stderr);
      const report = JSON.parse(stdout) as Report;
      const ours = readSafetensors(await readFile(dump));
      const theirs = readSafetensors(await readFile(join(folder, 'reference.safetensors')));
      const close = (a: string, b: string) => {
        const [x, y] = [ours.get(a), theirs.get(b)];
        assert.ok(x && y, `${a} or ${b} is missing`);
        assert.deepEqual(x.dims, y.dims, a);
        const expected = toFloat32(y);
        toFloat32(x).forEach((value, i) => {
          assert.ok(Math.abs(value - (expected[i] ?? NaN)) < 1e-4, `${a}[${i}]`);
        });
      };
      report.model.sites.forEach(({ stack, layer, kind }, i) => {
        const prefix = `${stack}.layers.${layer}.${kind}`;
        close(`${prefix}.weights`, `site.${i}.weights`);
        close(`${prefix}.headOutput`, `site.${i}.context`);
      });
      close('logits', 'logits');
    });
  }

  it('tokenize prints ids, offsets and tokens of each line', async () => {
    const file = join(scratch, 'strings.jsonl');
    await writeFile(file, '{"i":7,"text":"I am happy."}\n\n{"i":8,"text":""}\n');
    const { status, stdout } = cli('tokenize', '--model', 'models/encoder', '--jsonl', file);
    assert.equal(status, 0);
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as unknown);
    assert.deepEqual(lines, [
      {
        i: 7,
        ids: [2, 51, 455, 819, 18, 3],
        offsets: [0, 0, 0, 1, 2, 4, 5, 10, 10, 11, 0, 0],
        tokens: ['[CLS]', 'i', 'am', 'happy', '.', '[SEP]'],
      },
      { i: 8, ids: [2, 3], offsets: [0, 0, 0, 0], tokens: ['[CLS]', '[SEP]'] },
    ]);
  });

  it('tokenize reads files of Windows editors and names the line that it cannot read', async () => {
    const file = join(scratch, 'windows.jsonl');
    await writeFile(file, '\uFEFF{"i":1,"text":"the"}\r\n\r\n{"i":2,"text":"cat"}\r\nbroken\r\n');
    const model = resolve('models/encoder/model.onnx');
    const { status, stdout, stderr } = cli('tokenize', '--model', model, '--jsonl', file);
    assert.equal(status, 1);
    assert.equal(stdout.trim().split('\n').length, 2);
    assert.match(stderr, /windows\.jsonl, line 4: This line is not JSON: broken/);
  });

  it('ends quietly when its reader leaves', async () => {
    const file = join(scratch, 'many.jsonl');
    await writeFile(
      file,
      '{"i":1,"text":"the cat sat on the mat and was very warm"}\n'.repeat(2000),
    );
    const args = ['--import', 'tsx', 'src/inspector/cli.ts', 'tokenize', '--jsonl', file];
    const child = spawn(process.execPath, [...args, '--model', 'models/encoder']);
    let stderr = '';
    child.stderr.on('data', chunk => (stderr += String(chunk)));
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = (await once(child, 'close')) as [number];
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  });

  it('--facts adds the role and the measures of every head to the JSON', () => {
    const args = ['inspect', '--model', 'models/decoder', '--text', tiger, '--json', '--facts'];
    const { status, stdout, stderr } = cli(...args);
    assert.equal(status, 0, stderr);
    const { facts } = JSON.parse(stdout) as { facts: Record<string, unknown>[] };
    const expected = JSON.parse(readFileSync('test/fixtures/analysis/decoder.json', 'utf8')) as {
      cases: { tiger: { facts: { role: string; entropy: number }[][] } };
    };
    expected.cases.tiger.facts.flat().forEach(({ role, entropy }, i) => {
      const { layer, head, ...found } = facts[i] ?? {};
      assert.deepEqual([layer, head, found['role']], [Math.floor(i / 4), i % 4, role]);
      assert.ok(Math.abs(Number(found['entropy']) - entropy) < 1e-4);
      assert.equal(found['next'], null, 'no token after the query is seen');
    });
  });

  it('--capture prints what a dump holds, and --mask runs with another mask', () => {
    const dump = join(scratch, 'masked.safetensors');
    const args = ['--model', 'models/encoder', '--text', 'I am happy.', '--mask', 'causal'];
    const made = cli('inspect', ...args, '--dump', dump, '--json');
    assert.equal(made.status, 0, made.stderr);
    const { status, stdout } = cli('inspect', '--capture', dump, '--json');
    assert.equal(status, 0);
    const [before, after] = [made.stdout, stdout].map(
      text => JSON.parse(text) as Report & { mask?: unknown },
    );
    assert.deepEqual(after, before);
    assert.deepEqual(after?.mask, { kind: 'causal' });
    const inputs = join('test/fixtures/onnx', 'gpt2__legacy_eager_op14', 'inputs.safetensors');
    const raw = ['--model', 'test/fixtures/onnx/gpt2__legacy_eager_op14', '--inputs', inputs];
    assert.equal(cli('inspect', ...raw, '--dump', dump).status, 0);
    assert.match(cli('inspect', '--capture', dump).stdout, /decoder tokens: 0 1 2/);
  });

  for (const [option, mask] of [
    ['causal', { kind: 'causal' }],
    ['bidirectional', { kind: 'bidirectional' }],
    ['window:3,0', { kind: 'window', before: 3, after: 0 }],
    ['padding:left,256', { kind: 'padding', side: 'left', count: 256 }],
    ['padding:right,1,unmasked', { kind: 'padding', side: 'right', count: 1, unmasked: true }],
    ['causal:1', undefined],
    ['window:3', undefined],
    ['window:-1,0', undefined],
    ['window:1,2,3', undefined],
    ['padding:left,0', undefined],
    ['padding:left,257', undefined],
    ['padding:top,1', undefined],
    ['padding:left,1,masked', undefined],
    ['constructor', undefined],
  ] as const) {
    it(`--mask ${option}: ${JSON.stringify(mask ?? 'bad usage')}`, () => {
      assert.deepEqual(parseMask(option), mask);
    });
  }

  it('says that a text was cut', () => {
    const args = ['--model', 'models/decoder', '--text', tiger, '--maximum-tokens', '5'];
    assert.match(cli('inspect', ...args).stdout, /cut: 5 of its 17 tokens were run/);
    const { totalTokens } = JSON.parse(cli('inspect', ...args, '--json').stdout) as Report;
    assert.equal(totalTokens, 17);
  });

  it('says what the runtime says, as a terminal has no log', async () => {
    const inputs = join(scratch, 'unlike.safetensors');
    const ones = (length: number) => ({
      dtype: 'I64' as const,
      dims: [1, length],
      data: new BigInt64Array(length).fill(1n),
    });
    const feeds = [['input_ids', ones(6)] as const, ['attention_mask', ones(9)] as const];
    await writeFile(inputs, writeSafetensors(feeds));
    const model = 'test/fixtures/onnx/bert__legacy_eager_op14';
    const { status, stderr } = cli('inspect', '--model', model, '--inputs', inputs);
    assert.equal(status, 1);
    assert.match(stderr, /cannot be run with these inputs.*\n.*Non-zero status code/);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });

  const refused: [string, string[], number, RegExp][] = [
    ['no command', ['--model', 'x'], 2, /No command/],
    ['facts without JSON', ['inspect', '--model', 'x', '--text', 'x', '--facts'], 2, /with --json/],
    ['an unknown command', ['explain', '--model', 'x'], 2, /no command “explain”/],
    ['an unknown option', ['inspect', '--modle', 'x'], 2, /--modle/],
    ['no model', ['inspect', '--text', 'x'], 2, /--model is missing/],
    ['an empty model', ['inspect', '--model', '', '--text', 'x'], 2, /--model is missing/],
    [
      'neither text nor inputs',
      ['inspect', '--model', 'x'],
      2,
      /either --text, --chat or --inputs/,
    ],
    ['a missing model', ['inspect', '--model', 'nowhere', '--text', 'x'], 1, /nowhere/],
    ['an empty text', ['inspect', '--model', 'models/encoder', '--text', ' '], 1, /no text/],
    [
      'a target for raw inputs',
      ['inspect', '--model', 'x', '--inputs', 'y', '--target', 'z'],
      2,
      /--target goes with --text/,
    ],
    [
      'a mask that is none',
      ['inspect', '--model', 'x', '--text', 'y', '--mask', 'z'],
      2,
      /--mask takes causal/,
    ],
    ['no such capture', ['inspect', '--capture', 'no'], 1, /capture no cannot be opened/],
    ['a model for a capture', ['inspect', '--capture', 'x', '--model', 'y'], 2, /takes no model/],
    ['no such folder', ['tokenize', '--model', 'no', '--jsonl', 'x'], 1, /There is no model at/],
    ['a missing feeds file', ['inspect', '--model', 'models/encoder', '--inputs', 'no'], 1, /no/],
  ];
  for (const [what, args, code, sentence] of refused) {
    it(`${what}: exit ${code}, one clear message, nothing on stdout`, () => {
      const { status, stdout, stderr } = cli(...args);
      assert.equal(status, code);
      assert.equal(stdout, '');
      assert.match(stderr, sentence);
      assert.doesNotMatch(stderr, /\n {4}at /, 'no stack trace');
    });
  }
});
