import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../scripts/machine.mjs';
import { Workbench } from './support/workbench';

const MODEL = 'attentionDebugger.model';
const ENTRY = 'Inspect Attention with This Model';

for (const theme of ['dark', 'light'] as const) {
  describe(`models of the workspace, ${theme}`, () => {
    let workbench: Workbench;
    let capture = '';

    const row = (name: string) =>
      workbench.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();
    const openMenu = async (name: string) => {
      await row(name).click({ button: 'right' });
      const entry = workbench.page.locator('.monaco-menu').getByText(ENTRY, { exact: true });
      return entry;
    };
    const model = () => workbench.driver.call('setting', { key: MODEL });

    before(async () => {
      workbench = await Workbench.start({ theme });
      const copy = path.join(workbench.folder, 'my-model');
      await cp(path.join(root, 'models/decoder'), copy, { recursive: true });
      await cp(path.join(copy, 'model.onnx'), path.join(copy, 'model_int8.onnx'));
      await workbench.open('agreement.txt', { start: 0, end: 22 });
      // The Explorer may have begun to watch the folder after the copy was there.
      await workbench.driver.call('command', { id: 'workbench.files.action.refreshFilesExplorer' });
      await row('my-model').waitFor();
    });
    after(async () => workbench.stop());
    afterEach(async function () {
      if (this.currentTest?.state === 'failed') await workbench.picture(`failed-models-${theme}`);
    });

    it('inspects the selection with a folder of the Explorer', async () => {
      const entry = await openMenu('my-model');
      await entry.waitFor();
      await workbench.picture(`explorer-menu-${theme}`);
      await workbench.choose(entry);
      capture = await workbench.nextResult();
      assert.equal(await model(), path.join(workbench.folder, 'my-model'));
      await workbench.token('key').waitFor();
      await workbench.picture(`own-model-${theme}`);
    });

    it('inspects the same text with a file of the Explorer', async () => {
      await workbench.driver.call('select', { start: 0, end: 0 });
      await row('my-model').click();
      await row('model_int8.onnx').waitFor();
      const entry = await openMenu('model_int8.onnx');
      await workbench.choose(entry);
      capture = await workbench.nextResult(capture);
      assert.equal(await model(), path.join(workbench.folder, 'my-model', 'model_int8.onnx'));
      await workbench.token('key').waitFor();
    });

    it('offers it for no other file', async () => {
      const entry = await openMenu('agreement.txt');
      await workbench.page.locator('.monaco-menu').first().waitFor();
      assert.equal(await entry.count(), 0);
      await workbench.page.keyboard.press('Escape');
    });

    it('says that a folder holds no model, and keeps the one that is set', async () => {
      const before = await model();
      await workbench.driver.call('inspectWithModel', { path: workbench.folder });
      const message = workbench.page.locator('.notification-toast', {
        hasText: 'There is no model',
      });
      await message.waitFor();
      assert.match(await message.innerText(), /There is no model in .*samples\./);
      assert.equal(await model(), before);
      await workbench.driver.call('command', { id: 'notifications.clearAll' });
    });

    it('is no command of the palette', async () => {
      const { page } = workbench;
      await page.keyboard.press('F1');
      await page.keyboard.type('Attention Debugger: ');
      const entries = page.locator('.quick-input-list-entry');
      await entries.filter({ hasText: 'Choose a Model' }).waitFor();
      assert.equal(await entries.filter({ hasText: ENTRY }).count(), 0);
      await page.keyboard.press('Escape');
    });

    it('offers bundled models, those of the workspace with their precisions, and recent ones', async () => {
      await workbench.driver.call('configure', { key: MODEL, value: 'encoder' });
      void workbench.driver.call('command', { id: 'attentionDebugger.chooseModel' });
      const { page } = workbench;
      const entries = page.locator('.quick-input-list-entry');
      await entries.filter({ hasText: 'model_int8.onnx' }).waitFor();
      const words = (await entries.allInnerTexts()).map(text => text.replace(/\s+/g, ' ').trim());
      assert.match(words[0] ?? '', /^Encoder.*current.*[Bb]undled/);
      assert.match(words.join(' | '), /my-model .*Workspace/i);
      assert.match(words.join(' | '), /my-model, model_int8\.onnx/);
      assert.match(words.join(' | '), /Choose a model folder….*Choose an \.onnx file…/);
      await workbench.picture(`choose-model-${theme}`);
      await entries.filter({ hasText: 'model_int8.onnx' }).click();
      capture = await workbench.nextResult(capture);
    });

    it('remembers a model from elsewhere as a recent one', async () => {
      const elsewhere = path.join(path.dirname(workbench.folder), 'elsewhere');
      await cp(path.join(root, 'models/encoder'), elsewhere, { recursive: true });
      await workbench.driver.call('inspectWithModel', { path: elsewhere });
      capture = await workbench.nextResult(capture);
      await workbench.driver.call('configure', { key: MODEL, value: 'encoder' });
      void workbench.driver.call('command', { id: 'attentionDebugger.chooseModel' });
      const entry = workbench.page.locator('.quick-input-list-entry', { hasText: 'elsewhere' });
      await entry.waitFor();
      assert.match(await entry.first().innerText(), /Recent/);
      await workbench.page.keyboard.press('Escape');
    });
  });
}
