import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/machine.mjs';
import { models, Planted, rewired } from '../inspector/findings/support';
import { answerWhen } from './support/answerWhen';
import { Workbench } from './support/workbench';

interface Problem {
  readonly file: string;
  readonly code: string;
  readonly message: string;
  readonly severity: string;
  readonly start: readonly number[];
  readonly end: readonly number[];
}

const TEXT = 'The key is on the table.';
const LAYER = 1;
const ATTENTION = `/model/layers.${LAYER}/self_attn`;
const IGNORE = 'Ignore for this model';
const SHOW = 'Show in Attention Debugger';
const MEND = 'Set pad_token_id to 0 in config.json';

interface Entry {
  readonly text: string;
  readonly probability: number;
}

/** A vocabulary entry without the blank before it, however that is shown. */
const wordOf = (text: string) => text.replace(/^[\s·␣]+/, '');

/** What a model puts behind the whole text, as the command line computes it. */
async function fromTerminal(model: string, scratch: string): Promise<readonly Entry[]> {
  const list = path.join(scratch, 'none.json');
  const at = { layer: 0, point: 'headOutput', heads: [0] };
  writeFileSync(list, JSON.stringify([{ at, how: { zero: true }, on: false }]));
  const cli = ['--import', 'tsx', 'src/inspector/cli.ts', 'inspect', '--json'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...cli, '--model', model, '--text', TEXT, '--interventions', list],
    { cwd: root, maxBuffer: 1 << 26 },
  );
  const { after } = JSON.parse(stdout) as { after: (readonly Entry[])[] };
  return after.at(-1) ?? assert.fail('no outputs');
}

describe('findings of a model in VS Code', () => {
  const planted = new Planted();
  let workbench: Workbench;
  let folder: string;
  let config: string;
  /** What it reads like without the fault, and with it. */
  let whole: string;
  let broken: string;

  const problems = async () => (await workbench.driver.call('problems')) as Problem[];
  const listed = async (codes: readonly string[]) => {
    // Notes are hints.
    const grave = async () => (await problems()).filter(({ severity }) => severity !== 'Hint');
    const found = await answerWhen(grave, all => all.length === codes.length);
    assert.deepEqual(found.map(({ code }) => code).sort(), codes);
    return found;
  };
  const mend = (file: string, code: string, title: string) =>
    workbench.driver.call('mend', { path: file, code, title }) as Promise<string[]>;

  before(async () => {
    // Of its own: it leaves an intervention.
    workbench = await Workbench.start({
      settings: { 'attentionDebugger.checkModels': 'automatic' },
    });
    const made = planted.plant(path.join(models, 'decoder'), {
      graph: graph =>
        rewired(graph, `${ATTENTION}/Softmax`, () => ({
          inputs: [`${ATTENTION}/Mul_4_output_0`],
        })),
    });
    folder = path.join(workbench.folder, 'leaky');
    cpSync(made, folder, { recursive: true });
    config = path.join(folder, 'config.json');
    whole = readFileSync(config, 'utf8');
    broken = whole.replace('"pad_token_id": 0', '"pad_token_id": 9000');
    writeFileSync(config, broken);
  });
  after(async () => {
    planted.dispose();
    await workbench.stop();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-model-findings');
  });

  it('lists what is wrong as problems of its files, and counts it in the status bar', async () => {
    await workbench.open('agreement.txt', { start: 0, end: TEXT.length });
    await workbench.driver.call('inspectWithModel', { path: folder });
    await workbench.nextResult();
    const found = await listed(['future-leak', 'wrong-special-ids']);
    const [graph] = found.filter(({ code }) => code === 'future-leak');
    const [ids] = found.filter(({ code }) => code === 'wrong-special-ids');
    assert.equal(graph?.file, path.join(folder, 'model.onnx'));
    assert.match(graph.message, /^Queries of layer 1 /);
    assert.equal(ids?.file, config);
    const line = broken.split('\n')[ids.start[0] ?? 0] ?? '';
    assert.equal(line.slice(ids.start[1], ids.end[1]), '9000');
    await workbench.page.locator('[id$="tokenCount"]', { hasText: /tokens\s+2$/ }).waitFor();
    await workbench.driver.call('command', { id: 'workbench.actions.view.problems' });
    const row = workbench.page.locator('.markers-panel').getByText(/^Queries of layer 1 /);
    await row.first().waitFor();
    await workbench.picture('model-findings-problems');
    await workbench.driver.call('command', { id: 'workbench.action.closePanel' });
  });

  it('shows a finding in its view, and where it stands in the file', async () => {
    const { driver, panel } = workbench;
    assert.deepEqual(await mend(config, 'wrong-special-ids', SHOW), [MEND, IGNORE, SHOW]);
    await panel.getByRole('tab', { name: /^Findings/, selected: true }).waitFor();
    const detail = panel.locator('.finding-detail', { hasText: 'pad_token_id is 9000' });
    await workbench.picture('model-findings-view');
    await detail.getByRole('button', { name: /config\.json/ }).click();
    const selected = () => driver.call('selectedTexts') as Promise<string[]>;
    assert.ok((await answerWhen(selected, all => all.includes('9000'))).includes('9000'));
    await workbench.picture('model-findings-file');
  });

  it('imposes what a graph lost: the outputs are those of the model that has it', async () => {
    const { panel } = workbench;
    await workbench.token('.').click();
    await panel.getByRole('treeitem', { name: /weight on later tokens/ }).click();
    const capture = await panel.locator('body').getAttribute('data-ready');
    await panel.getByRole('button', { name: 'Impose a causal mask here' }).click();
    await workbench.nextResult(capture ?? '');
    await panel.locator('body').press('Shift+T');
    const table = panel.locator('.intervention-result table', {
      hasText: 'Probabilities that moved most',
    });
    await table.waitFor();
    const lines = await table
      .locator('tbody tr')
      .evaluateAll(all => all.map(line => [...line.children].map(cell => cell.textContent)));
    const mended = new Map(lines.map(([name = '', , after = '']) => [wordOf(name), Number(after)]));
    await workbench.picture('model-findings-imposed');
    const right = await fromTerminal(path.join(models, 'decoder'), workbench.home);
    const compared = right.filter(({ text }) => mended.has(wordOf(text)));
    assert.ok(compared.length >= 3, `${[...mended.keys()].join()} are compared`);
    for (const { text, probability } of compared) {
      const value = mended.get(wordOf(text)) ?? NaN;
      assert.ok(Math.abs(value - probability) <= 6e-4, `${text}: ${value}, not ${probability}`);
    }
  });

  it('mends the file, keeps how it is written, and says no more of it', async () => {
    await mend(config, 'wrong-special-ids', MEND);
    assert.equal(readFileSync(config, 'utf8'), broken, 'people save it');
    await workbench.driver.call('saveAll');
    await listed(['future-leak']);
    assert.equal(readFileSync(config, 'utf8'), whole);
  });

  it('says no more of what people ignore, also after a reload', async () => {
    writeFileSync(config, broken);
    await listed(['future-leak', 'wrong-special-ids']);
    await mend(config, 'wrong-special-ids', IGNORE);
    await listed(['future-leak']);
    await workbench.reloadWindow();
    await workbench.nextResult();
    await listed(['future-leak']);
    // Also while the panel has the focus, and no text is counted.
    await workbench.page.locator('[id$="tokenCount"]', { hasText: /1$/ }).waitFor();
  });
});
