import assert from 'node:assert/strict';
import { SpacedModel } from './support/spacedModel';
import { closeBrowser } from './support/panelPage';

describe('a hybrid in the panel', function () {
  this.timeout(300_000);
  let model: SpacedModel;
  before(async () => (model = await SpacedModel.block('bamba__legacy_hybrid')));
  after(() => {
    model.remove();
    closeBrowser();
  });

  for (const theme of ['dark', 'light'] as const) {
    it(`names its layers without attention in the grid of heads (${theme})`, async () => {
      const panel = await model.panel(theme);
      const { page } = panel;
      for (const layer of [0, 2]) {
        const row = page.getByRole('gridcell', { name: new RegExp(`^Layer ${layer}: .*Mamba-2`) });
        assert.equal(await row.count(), 1, await panel.text('.head-grid'));
      }
      assert.deepEqual(await panel.allProblems(), []);
      await page.screenshot({ path: `screenshots/hybrid-${theme}.png` });
      await panel.close();
    });
  }
});
