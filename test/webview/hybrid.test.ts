import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createInspector } from '../../src/inspector/inspector';
import type { CaptureSummary } from '../../src/protocol/capture';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { BLOCK_TEXT, blockModel } from './support/blockModels';
import { closeBrowser, PanelPage } from './support/panelPage';

describe('a hybrid in the panel', function () {
  this.timeout(300_000);
  const inspector = createInspector();
  const folder = blockModel('bamba__legacy_hybrid');
  let summary: CaptureSummary;
  before(async () => {
    summary = await inspector.inspect(
      { model: folder, text: BLOCK_TEXT, maximumTokens: 32 },
      () => undefined,
      NEVER_CANCELLED,
    );
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
    closeBrowser();
  });

  for (const theme of ['dark', 'light'] as const) {
    it(`names its layers without attention in the grid of heads (${theme})`, async () => {
      const panel = await PanelPage.open({ capture: 'bridge', inspector, theme });
      const { page } = panel;
      await page.evaluate(run => window.host.showRun(run), summary);
      await panel.ready(summary.id);
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
