import assert from 'node:assert/strict';
import { Workbench } from './support/workbench';

describe('first screen', () => {
  let workbench: Workbench;

  before(async () => {
    workbench = await Workbench.start({
      settings: { 'workbench.welcomePage.walkthroughs.openOnInstall': true },
    });
  });
  after(async () => workbench.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-first-screen');
  });

  it('is the walkthrough, in plain words, with a sample as its first step', async () => {
    const { page } = workbench;
    const walkthrough = page.locator('.gettingStartedContainer');
    await walkthrough.getByText('See how a transformer reads your text').first().waitFor();
    const words = await walkthrough.innerText();
    assert.match(words, /Try a sample/);
    assert.doesNotMatch(words, /`/);
    await workbench.picture('walkthrough');
  });

  it('Inspect Attention without an editor inspects a sample and says so', async () => {
    const { page } = workbench;
    await workbench.driver.call('command', { id: 'workbench.action.closeAllEditors' });
    await workbench.inspect();
    await page
      .locator('.notifications-toasts')
      .getByText('No text was open, so a sample is inspected.')
      .waitFor();
    await workbench.nextResult();
    await page.locator('.tab', { hasText: 'start.txt' }).waitFor();
    assert.equal(await workbench.panel.locator('.failure').count(), 0);
    const locus = (await workbench.panel.locator('.locus').innerText()).replace(/\s+/g, ' ');
    assert.match(locus, /it 13 .*tiger 2/);
    await workbench.picture('first-result');
  });

  it('shows the heat map in sight', async () => {
    const map = workbench.panel.locator('.map-cells').first();
    const box = await map.boundingBox();
    const height = workbench.page.viewportSize()?.height ?? 0;
    assert.ok(box && box.y + box.height <= height, JSON.stringify(box));
  });

  it('shows the settings of models in the user’s tab', async () => {
    const { page } = workbench;
    await workbench.driver.call('command', { id: 'workbench.action.openSettings2' });
    await page.keyboard.type('attentionDebugger.model');
    await page.locator('.setting-item-label', { hasText: 'Models' }).first().waitFor();
    const shown = await page.locator('.setting-item-label').allInnerTexts();
    assert.ok(shown.includes('Model'), shown.join(', '));
  });
});
