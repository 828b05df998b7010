import assert from 'node:assert/strict';
import { closeBrowser, PanelPage } from './support/panelPage';

describe('panel in Chromium', () => {
  after(closeBrowser);
  it('shows a result', async () => {
    const panel = await PanelPage.open({ ratio: 2 });
    await panel.screenshot('encoder-dark-1200');
    console.log(await panel.allProblems());
    assert.equal(await panel.page.locator('.head-cell').count(), 24);
    await panel.close();
  });
});
