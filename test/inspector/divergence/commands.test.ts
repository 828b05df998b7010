import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkArguments } from '../../../src/inspector/cli/checkArguments';
import { checkCommand } from '../../../src/inspector/cli/checkCommand';
import { diffArguments } from '../../../src/inspector/cli/diffArguments';
import { diffCommand } from '../../../src/inspector/cli/diffCommand';
import { sarifLog } from '../../../src/inspector/cli/sarif';
import { referenceRules } from '../../../src/inspector/findings/referenceRules';
import type { Subject } from '../../../src/inspector/findings/rule';
import { Planted, reweighted } from '../findings/support';
import { wordModel, WORDS_TEXT } from '../support/wordModel';
import { withWeight } from './support';

/** What a command prints in this process, and what it returns. */
async function printed(command: () => Promise<boolean>) {
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  let text = '';
  stdout.write = (chunk: string) => {
    text += chunk;
    return true;
  };
  try {
    return { fails: await command(), text };
  } finally {
    stdout.write = write;
  }
}

interface Log {
  readonly $schema: string;
  readonly version: string;
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string;
        readonly rules: readonly { readonly id: string }[];
      };
    };
    readonly columnKind: string;
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region: { readonly startLine: number };
        };
        readonly logicalLocations?: readonly { readonly fullyQualifiedName: string }[];
      }[];
      readonly partialFingerprints: Readonly<Record<string, string>>;
    }[];
  }[];
}

/** Fields of the objects of SARIF 2.1.0 that are written here, by the schema of OASIS: none may have others. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  '': ['$schema', 'version', 'runs'],
  runs: ['tool', 'columnKind', 'results'],
  tool: ['driver'],
  driver: ['name', 'rules'],
  rules: ['id', 'shortDescription', 'fullDescription', 'help'],
  results: ['ruleId', 'ruleIndex', 'level', 'message', 'locations', 'partialFingerprints'],
  locations: ['physicalLocation', 'logicalLocations'],
  physicalLocation: ['artifactLocation', 'region'],
  artifactLocation: ['uri'],
  region: ['startLine'],
  logicalLocations: ['fullyQualifiedName'],
  message: ['text'],
  shortDescription: ['text'],
  fullDescription: ['text'],
  help: ['text'],
};

function checkFields(value: unknown, name = ''): void {
  if (Array.isArray(value)) for (const one of value) checkFields(one, name);
  else if (typeof value === 'object' && value !== null && name !== 'partialFingerprints') {
    for (const [key, inner] of Object.entries(value)) {
      assert.ok(FIELDS[name]?.includes(key), `${name}.${key}`);
      checkFields(inner, key);
    }
  }
}

/** What the schema requires, and what code scanning needs besides. */
function checkLog(text: string): Log['runs'][number] {
  const log = JSON.parse(text) as Log;
  checkFields(log);
  assert.equal(log.version, '2.1.0');
  assert.ok(URL.canParse(log.$schema));
  const [run, ...others] = log.runs;
  assert.ok(run && others.length === 0);
  assert.equal(run.tool.driver.name, 'Attention Debugger');
  assert.ok(['utf16CodeUnits', 'unicodeCodePoints'].includes(run.columnKind));
  const ids = run.tool.driver.rules.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { ruleId, ruleIndex, level, message, locations, partialFingerprints } of run.results) {
    assert.equal(ids[ruleIndex], ruleId);
    assert.ok(['none', 'note', 'warning', 'error'].includes(level));
    assert.ok(message.text.length > 0);
    assert.ok(locations.length === 1 && Object.values(partialFingerprints).every(Boolean));
    const { artifactLocation, region } = locations[0]?.physicalLocation ?? {};
    assert.ok(URL.canParse(artifactLocation?.uri ?? '', 'file:///'));
    assert.ok((region?.startLine ?? 0) >= 1);
  }
  return run;
}

describe('diff and check on the command line', function () {
  this.timeout(120_000);
  const planted = new Planted();
  let scratch: string;
  let healthy: string;
  let folder: string;
  before(() => {
    scratch = mkdtempSync(join(tmpdir(), 'attention-debugger-diff-'));
    healthy = wordModel(scratch, 'llama__legacy_eager_op14', 'healthy');
    folder = planted.plant(healthy, {
      graph: graph =>
        withWeight(graph, '/model/layers.1/self_attn/v_proj/MatMul', values =>
          values.fill(0, 0, 99),
        ),
    });
  });
  after(() => {
    planted.dispose();
    rmSync(scratch, { recursive: true });
  });

  it('diff --json exits 1 and prints first, cells, kl and flips', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--import',
        'tsx',
        'src/inspector/cli.ts',
        'diff',
        healthy,
        folder,
        '--text',
        WORDS_TEXT,
        '--json',
      ],
      { encoding: 'utf8' },
    );
    assert.deepEqual([status, stderr], [1, '']);
    const { first, cells, kl, flips } = JSON.parse(stdout) as {
      first: { layer: number; kind: string; error: number; node: string };
      cells: { layer: number | string; kind: string; error: number }[];
      kl: number;
      flips: number;
    };
    assert.deepEqual([first.layer, first.kind], [1, 'value']);
    assert.match(first.node, /layers\.1\/self_attn\/v_proj\/MatMul$/);
    const cell = cells.find(({ layer, kind }) => layer === 1 && kind === 'value');
    assert.equal(cell?.error, first.error);
    assert.ok(cells.some(({ layer }) => layer === 'embeddings'));
    assert.ok(kl > 0 && Number.isInteger(flips));
  });

  it('diff passes where nothing is beyond the tolerance, and lists the largest steps', async () => {
    const options = { text: WORDS_TEXT, target: undefined, form: 'text', tolerance: 2 } as const;
    const { fails, text } = await printed(() => diffCommand(healthy, folder, options));
    assert.ok(!fails);
    assert.match(text, /nowhere beyond rounding .+\n {2}Largest steps:\n {4}decoder L1 value: /s);
    assert.match(text, /^ +L1 +[\d.e-]+ +0? +0? /m);
  });

  it('diff --sarif names the graph of the second model and the node', async () => {
    const options = {
      text: WORDS_TEXT,
      target: undefined,
      tolerance: undefined,
      form: 'sarif',
    } as const;
    const { text, fails } = await printed(() => diffCommand(healthy, folder, options));
    const { results } = checkLog(text);
    assert.ok(fails);
    const [result, ...others] = results;
    assert.equal(others.length, 0);
    assert.deepEqual([result?.ruleId, result?.level], ['first-divergence', 'error']);
    const [place] = result?.locations ?? [];
    assert.match(place?.physicalLocation.artifactLocation.uri ?? '', /^file:\/\/.+\/model\.onnx$/);
    assert.match(place?.logicalLocations?.[0]?.fullyQualifiedName ?? '', /v_proj\/MatMul$/);
  });

  it('check --sarif --reference lists what rounding did, at the file that each finding is about', async () => {
    const rounded = planted.plant(healthy, {
      graph: graph =>
        [...graph.initializers]
          .filter(([, { dims, elementType }]) => dims.length === 2 && elementType === 1)
          .reduce((all, [name]) => reweighted(all, name, levels(3)), graph),
    });
    const options = {
      text: WORDS_TEXT,
      reference: healthy,
      form: 'sarif',
      failOn: 'error',
    } as const;
    const { text } = await printed(() => checkCommand(rounded, options));
    const { results } = checkLog(text);
    const damage = results.find(({ ruleId }) => ruleId === 'quantisation-damage');
    assert.equal(damage?.level, 'warning');
    assert.match(
      damage.message.text,
      /^Outputs differ from those of healthy by .+ nats on average/,
    );
    assert.match(damage.locations[0]?.physicalLocation.artifactLocation.uri ?? '', /model\.onnx$/);
  });

  it('check without a reference does not decide what rounding did', async () => {
    const [rule, ...others] = referenceRules;
    assert.ok(rule && others.length === 0);
    const said = await rule.check({ reference: undefined } as unknown as Subject);
    assert.ok(typeof said === 'string');
    assert.match(said, /choose the file it was made from/);
  });

  it('understands its arguments, and says what is wrong with others', () => {
    const wrong = (given: ReturnType<typeof diffArguments>) => 'wrong' in given && given.wrong;
    assert.match(String(wrong(diffArguments(['a']))), /takes two models/);
    assert.match(String(wrong(diffArguments(['a', 'b', 'c']))), /takes two models/);
    assert.match(String(wrong(diffArguments(['a', 'b', '--tolerance', '0']))), /above 0/);
    assert.match(String(wrong(diffArguments(['a', 'b', '--json', '--sarif']))), /two forms/);
    assert.match(String(wrong(checkArguments(['--text', 'a']))), /--model is missing/);
    assert.match(String(wrong(checkArguments(['--model', 'a', '--fail-on', 'note']))), /--fail-on/);
    assert.ok('run' in diffArguments(['a', 'b', '--tolerance', '1e-3', '--sarif']));
    assert.ok('help' in checkArguments(['--help']));
  });
});

/** Weights in as many levels on each side of 0. */
const levels = (count: number) => (values: Float32Array) => {
  const step = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / count;
  for (const [i, value] of values.entries()) values[i] = Math.round(value / step) * step;
};

describe('SARIF', () => {
  it('tells paths below the folder from there on, with each part encoded', () => {
    const rule = { id: 'nan', description: 'a', help: 'b' };
    const one = { rule, level: 'error', message: 'c', fingerprint: 'nan' } as const;
    const log = sarifLog(
      [
        { ...one, file: '/here/my models/a#b/config.json' },
        { ...one, file: '/elsewhere/model.onnx', inside: 'node' },
      ],
      '/here',
    ) as Log;
    const run = checkLog(JSON.stringify(log));
    assert.deepEqual(
      run.results.map(({ locations }) => locations[0]?.physicalLocation.artifactLocation.uri),
      ['my%20models/a%23b/config.json', 'file:///elsewhere/model.onnx'],
    );
    // One rule for both.
    assert.equal(run.tool.driver.rules.length, 1);
  });
});
