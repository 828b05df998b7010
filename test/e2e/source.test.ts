import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../scripts/machine.mjs';
import { answerWhen } from './support/answerWhen';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const FIXTURES = path.join(root, 'test/fixtures/sources');

describe('go to source in VS Code', () => {
  let workbench: Workbench;

  /** The line that the editor has selected, blanks around it left out, once it is `expected`. */
  const selected = async (expected: string): Promise<string> => {
    const texts = (await answerWhen(
      () => workbench.driver.call('selectedTexts'),
      answer => (answer as string[]).some(text => text.trim() === expected),
    )) as string[];
    return texts.map(text => text.trim()).find(text => text === expected) ?? texts.join('\n');
  };
  const step = (name: string) =>
    workbench.panel.locator('.source-list').getByRole('button', { name });

  before(async () => {
    workbench = await sharedWindow();
    for (const name of ['tiny', 'llama']) {
      const folder = path.join(workbench.folder, 'models', name);
      const filter = (file: string) => !file.endsWith('.py');
      await cp(path.join(FIXTURES, name), folder, { recursive: true, filter });
    }
    // The trace says /home/user/project/tiny/attention.py: here it lies deeper in the workspace.
    const source = await readFile(path.join(FIXTURES, 'tiny/attention.py'), 'utf8');
    await mkdir(path.join(workbench.folder, 'code/tiny'), { recursive: true });
    await writeFile(path.join(workbench.folder, 'code/tiny/attention.py'), source);
    await workbench.openText('the tiger jumped out of a tree because it was thirsty .');
    await workbench.driver.call('inspectWithModel', {
      path: path.join(workbench.folder, 'models/tiny'),
    });
    await workbench.nextResult();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-source');
  });

  it('a step of Computation opens its file at its line', async () => {
    await workbench.panel.locator('#tab-computation').click();
    await step('key projection').click();
    const key = 'key = self.key(states).view(shape).transpose(1, 2)';
    assert.equal(await selected(key), key);
    await workbench.page.locator('.tab', { hasText: 'attention.py' }).first().waitFor();
    await workbench.picture('source-dark');
  });

  it('F12 opens the line of the step that is paused at', async () => {
    await workbench.panel.locator('.paused-at b').click();
    await workbench.page.keyboard.press('F12');
    const softmax = 'weights = torch.softmax(masked, dim=-1)';
    assert.equal(await selected(softmax), softmax);
  });

  it('a line that moved since the export is found where it is now, also unsaved, and that is said', async () => {
    const file = path.join(workbench.folder, 'code/tiny/attention.py');
    await workbench.driver.call('open', { path: file });
    await workbench.driver.call('insert', { offset: 0, text: '# one line more\n' });
    await step('mask').click();
    const masked = 'masked = scores + later * -1e9';
    assert.equal(await selected(masked), masked);
    await workbench.panel.getByText('stands elsewhere in the file').waitFor();
  });

  it('a file that is nowhere is named in the panel; the head’s card has a way, too', async () => {
    const { driver, panel } = workbench;
    await driver.call('configure', { key: 'workbench.colorTheme', value: 'Default Light Modern' });
    await driver.call('openText', { text: 'the tiger jumped out of a tree .' });
    await driver.call('select', { start: 0, end: 32 });
    const before = await workbench.nextResult();
    await driver.call('inspectWithModel', { path: path.join(workbench.folder, 'models/llama') });
    await workbench.nextResult(before);
    await panel.locator('#tab-attention').click();
    await panel.locator('.head-card').getByRole('button', { name: 'Go to Source' }).click();
    const note = panel.locator('.head-card .source-note');
    await note.getByText('modeling_llama.py:252 was not found on this machine').waitFor();
    assert.match(
      await note.innerText(),
      /site-packages\/transformers\/models\/llama\/modeling_llama\.py:252/,
    );
    assert.match(await note.innerText(), /model\.model\.layers\.\d\.self_attn: LlamaAttention/);
    await workbench.picture('source-missing-light');
  });
});
