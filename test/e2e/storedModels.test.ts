import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../scripts/machine.mjs';
import { ollamaModel } from '../inspector/support/modelTrees';
import { Workbench } from './support/workbench';

const MODEL = 'attentionDebugger.model';
const GGUF = path.join(root, 'test/fixtures/gguf/models/qwen3_q8_0/model.gguf');

describe('models without a graph', () => {
  let workbench: Workbench;
  let home: string;
  let capture = '';

  before(async () => {
    workbench = await Workbench.start({
      env: folder => ({ HOME: path.join(folder, 'home') }),
    });
    home = path.join(path.dirname(workbench.folder), 'home');
    await workbench.open('agreement.txt', { start: 0, end: 22 });
  });
  after(async () => workbench.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-stored-models');
  });

  const model = () => workbench.driver.call('setting', { key: MODEL });
  /** What the models list says of an entry, once it is there; chooses it. */
  const choose = async (name: string): Promise<string> => {
    void workbench.driver.call('command', { id: 'attentionDebugger.chooseModel' });
    const entry = workbench.page.locator('.quick-input-list-entry', { hasText: name }).first();
    await entry.waitFor();
    const words = (await entry.innerText()).replace(/\s+/g, ' ');
    await workbench.picture(`choose-${name.replace(/\W/g, '-')}-dark`);
    await entry.click();
    capture = await workbench.nextResult(capture);
    return words;
  };

  it('a Hugging Face folder of the Explorer is built from its weights', async () => {
    const folder = path.join(workbench.folder, 'weights-alone');
    await cp(path.join(root, 'models/decoder'), folder, { recursive: true });
    await rm(path.join(folder, 'model.onnx'));
    await workbench.driver.call('command', { id: 'workbench.files.action.refreshFilesExplorer' });
    const row = workbench.page.locator('.explorer-folders-view .monaco-list-row', {
      hasText: 'weights-alone',
    });
    await row.first().click({ button: 'right' });
    const menu = workbench.page.locator('.monaco-menu');
    await workbench.choose(menu.getByText('Inspect Attention with This Model', { exact: true }));
    capture = await workbench.nextResult(capture);
    assert.equal(await model(), folder);
    await workbench.token('key').waitFor();
    await workbench.picture('built-model-dark');
  });

  it('a GGUF file of Ollama is found and opened', async () => {
    const folder = path.join(path.dirname(workbench.folder), 'ollama');
    const blob = await ollamaModel(folder, 'tiny-qwen:latest', await readFile(GGUF));
    assert.match(await choose('tiny-qwen'), /^tiny-qwen:latest qwen3, GGUF, .* Ollama$/);
    assert.equal(await model(), blob);
  });

  it('a GGUF file of LM Studio is found and opened', async () => {
    const folder = path.join(home, '.lmstudio/models/somebody/small-GGUF');
    await mkdir(folder, { recursive: true });
    await cp(GGUF, path.join(folder, 'small.Q8_0.gguf'));
    assert.match(await choose('small.Q8_0'), /^small.Q8_0 qwen3, GGUF, .* LM Studio$/);
    assert.equal(await model(), path.join(folder, 'small.Q8_0.gguf'));
  });
});
