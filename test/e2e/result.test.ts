import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../scripts/machine.mjs';
import { inspectorProcesses } from './support/inspectorProcess';
import { ProbesPane } from './support/probesPane';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const MODEL = 'attentionDebugger.model';

describe('the result on show', () => {
  let workbench: Workbench;
  let capture = '';

  const configure = (key: string, value?: unknown) =>
    workbench.driver.call('configure', { key, value });
  const notice = (words: string) => workbench.panel.locator('.notice', { hasText: words });
  const picked = () =>
    workbench.panel
      .locator('.picker')
      .evaluate(one => (one as unknown as { displayValue: string }).displayValue);
  const cancel = () => workbench.driver.call('command', { id: 'attentionDebugger.cancel' });

  before(async () => {
    workbench = await sharedWindow();
    await workbench.open('agreement.txt', { start: 0, end: 22 });
    await workbench.inspect();
    capture = await workbench.nextResult();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-result');
  });

  it('keeps its model’s name when another one is set, until it is run again', async () => {
    await configure(MODEL, 'decoder');
    await notice('This is the result of Encoder. Now chosen: Decoder.').waitFor();
    assert.equal(await picked(), 'Encoder');
    await workbench.picture('other-model-dark');
    await notice('Now chosen').getByRole('button', { name: 'Run again' }).click();
    capture = await workbench.nextResult(capture);
    assert.equal(await picked(), 'Decoder');
    assert.equal(await notice('Now chosen').count(), 0);
  });

  it('says that fewer tokens are allowed now', async () => {
    await configure('attentionDebugger.maximumTokens', 8);
    await workbench.driver.call('select', { start: 0, end: 60 });
    await workbench.inspect();
    capture = await workbench.nextResult(capture);
    await configure('attentionDebugger.maximumTokens');
    await notice('another number of tokens').waitFor();
  });

  it('says that the files of the tokenizer changed', async () => {
    const folder = path.join(workbench.folder, 'own');
    await cp(path.join(root, 'models/encoder'), folder, { recursive: true });
    await configure(MODEL, folder);
    await workbench.inspect();
    capture = await workbench.nextResult(capture);
    const file = path.join(folder, 'tokenizer_config.json');
    await writeFile(file, `${await readFile(file, 'utf8')}\n`);
    await notice('The tokenizer changed since this run.').waitFor();
  });

  it('comes back when a run of another text is cancelled', async () => {
    await workbench.driver.call('select', { start: 0, end: 22 });
    await workbench.inspect();
    capture = await workbench.nextResult(capture);
    const before = await workbench.tokens.locator('.chip').allInnerTexts();
    const [pid = NaN] = inspectorProcesses(workbench.extensions);
    process.kill(pid, 'SIGSTOP');
    await workbench.driver.call('select', { start: 23, end: 40 });
    void workbench.inspect();
    await workbench.panel.locator('body[data-ready="running"]').waitFor();
    await cancel();
    await workbench.panel.locator(`body[data-ready="${capture}"]`).waitFor();
    assert.deepEqual(await workbench.tokens.locator('.chip').allInnerTexts(), before);
    assert.ok(await workbench.panel.locator('.map-cells').first().isVisible());
    await workbench.panel.locator('.head-cell').first().click();
    capture = await workbench.nextResult(capture);
    assert.deepEqual(await workbench.tokens.locator('.chip').allInnerTexts(), before);
  });

  it('is there while probes are fitted, which Cancel the Run ends', async () => {
    await workbench.panel.getByRole('tab', { name: 'Layers' }).click();
    const probes = new ProbesPane(workbench);
    await probes.fitWith('Bundled treebank');
    // The fit has news of its own by then: the host knows of it, and there is something to cancel.
    await probes.element
      .locator('.layer-task:visible')
      .filter({ hasNotText: 'Starting' })
      .waitFor();
    await cancel();
    await probes.progress.waitFor({ state: 'hidden' });
    assert.match(await probes.reason.innerText(), /No probes were fitted/);
    await workbench.panel.locator(`body[data-ready="${capture}"]`).waitFor();
  });
});
