import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { models, Planted, rewired } from '../inspector/findings/support';
import { answerWhen } from './support/answerWhen';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

interface Problem {
  readonly file: string;
  readonly code: string;
  readonly message: string;
  readonly severity: string;
  readonly start: readonly number[];
  readonly end: readonly number[];
}

const LAYER = 1;
const ATTENTION = `/model/layers.${LAYER}/self_attn`;
const IGNORE = 'Ignore for this model';
const SHOW = 'Show in Attention Debugger';
const MEND = 'Set pad_token_id to 0 in config.json';

describe('findings of a model in VS Code', () => {
  const planted = new Planted();
  let workbench: Workbench;
  let folder: string;
  let config: string;

  const problems = async () => (await workbench.driver.call('problems')) as Problem[];
  const listed = async (codes: readonly string[]) => {
    const found = await answerWhen(problems, all => all.length === codes.length);
    assert.deepEqual(found.map(({ code }) => code).sort(), codes);
    return found;
  };
  const mend = (file: string, code: string, title?: string) =>
    workbench.driver.call('mend', { path: file, code, title }) as Promise<string[]>;

  before(async () => {
    workbench = await sharedWindow({ 'attentionDebugger.checkModels': 'automatic' });
    const made = planted.plant(path.join(models, 'decoder'), {
      graph: graph =>
        rewired(graph, `${ATTENTION}/Softmax`, () => ({
          inputs: [`${ATTENTION}/Mul_4_output_0`],
        })),
    });
    folder = path.join(workbench.folder, 'leaky');
    cpSync(made, folder, { recursive: true });
    config = path.join(folder, 'config.json');
    const { driver } = workbench;
    await driver.call('open', { path: config });
    const at = readFileSync(config, 'utf8').indexOf('"pad_token_id": 0') + '"pad_token_id": '.length;
    await driver.call('insert', { offset: at, text: '900' });
    await driver.call('saveAll');
  });
  after(() => planted.dispose());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-model-findings');
  });

  it('lists what is wrong as problems of its files, and counts it in the status bar', async () => {
    await workbench.open('agreement.txt', { start: 0, end: 40 });
    await workbench.driver.call('inspectWithModel', { path: folder });
    await workbench.nextResult();
    const found = await listed(['future-leak', 'wrong-special-ids']);
    const [graph] = found.filter(({ code }) => code === 'future-leak');
    const [ids] = found.filter(({ code }) => code === 'wrong-special-ids');
    assert.equal(graph?.file, path.join(folder, 'model.onnx'));
    assert.match(graph.message, /^Queries of layer 1 /);
    assert.equal(ids?.file, config);
    const line = readFileSync(config, 'utf8').split('\n')[ids.start[0] ?? 0] ?? '';
    assert.equal(line.slice(ids.start[1], ids.end[1]), '9000');
    assert.deepEqual(new Set(found.map(({ severity }) => severity)), new Set(['Error']));
    const count = workbench.page.locator('.statusbar-item', { hasText: 'tokens' });
    await count.filter({ hasText: '2' }).waitFor();
    await workbench.driver.call('command', { id: 'workbench.actions.view.problems' });
    await workbench.picture('model-findings-problems');
  });
});
