import assert from 'node:assert/strict';
import { showLayers } from './support/layersView';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';
import { openMasking } from './support/sides';

describe('layers that are not on show', () => {
  after(closeBrowser);

  it('a refused layer: no tick, a warning in every view, its row with its reason', async () => {
    const panel = await PanelPage.open({ capture: 'refused' });
    const { page } = panel;
    assert.equal(await page.locator('.run-state .codicon-pass-filled').count(), 0);
    assert.equal(await page.locator('.run-state .codicon-warning').count(), 1);
    assert.match(await panel.text('.badge'), /3 of 4 layers × 4 heads/);
    const words = /^3 of 4 layers checked: exact\. Layer 1 is not shown: The scores are not/;
    const row = page.getByRole('gridcell', { name: /^Layer 1: not shown: The scores are not/ });
    assert.match(await row.innerText(), /^not shown: The scores are not/);
    const places = await page
      .locator('.layer-name')
      .evaluateAll(names =>
        names.map(
          name => [name.textContent, Math.round(name.getBoundingClientRect().top)] as const,
        ),
      );
    assert.deepEqual(
      places.map(([name]) => name),
      ['L0', 'L1', 'L2', 'L3'],
    );
    const tops = places.map(([, top]) => top);
    assert.deepEqual(
      tops,
      [...tops].sort((a, b) => a - b),
    );
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      assert.match(await panel.text('.notice.warning .notice-text'), words);
    }
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('draws the maps of the layers around it where their cells stand', async () => {
    const panel = await PanelPage.open({ capture: 'refused' });
    const drawn = await panel.page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('.head-plane canvas');
      const context = canvas?.getContext('2d');
      if (!canvas || !context) throw new Error('There is no picture.');
      const [left, top] = [canvas.offsetLeft, canvas.offsetTop];
      return [...document.querySelectorAll<HTMLElement>('.head-cell')].map(
        cell =>
          context.getImageData(cell.offsetLeft - left + 4, cell.offsetTop - top + 4, 1, 1).data[3],
      );
    });
    assert.deepEqual(
      drawn,
      Array.from({ length: 12 }, () => 255),
    );
    await panel.close();
  });

  it('the Layers view and the shares of the Masking view name it', async () => {
    const panel = await PanelPage.open({ capture: 'refused' });
    const { page } = panel;
    await showLayers(panel);
    const name = page.locator('.state-name', { hasText: /^L1$/ }).first();
    assert.match((await name.getAttribute('title')) ?? '', /^not shown: The scores are not/);
    assert.equal(await page.locator('.state-grid').first().locator('.state-name').count(), 5);
    await openMasking(panel, 'refused');
    const rows = await page.locator('.shares').first().locator('.share-row').allInnerTexts();
    assert.deepEqual(
      rows.map(text => text.slice(0, 2)),
      ['L0', 'L1', 'L2', 'L3'],
    );
    assert.match(rows[1] ?? '', /not shown: The scores are not/);
    await panel.close();
  });

  it('a layer without attention is named, and is no reason to warn', async () => {
    const panel = await PanelPage.open({ capture: 'hybrid' });
    const { page } = panel;
    assert.equal(await page.locator('.run-state .codicon-pass-filled').count(), 1);
    assert.equal(await page.locator('.notice.warning').count(), 0);
    assert.match(await panel.text('.badge'), /2 of 8 layers × 4 heads/);
    assert.equal(await page.locator('.missing-layer').count(), 6);
    assert.equal(await panel.text('.missing-layer'), 'no attention here: convolution');
    await page.keyboard.press('Alt+ArrowUp');
    await page.waitForSelector('.head-cell.is-head[data-layer="3"]');
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('a layer that attends to later tokens among causal ones is named', async () => {
    const panel = await PanelPage.open({ capture: 'decoder' });
    const { page } = panel;
    assert.equal(await page.locator('.notice.warning').count(), 0);
    await page.evaluate(() => {
      const { summary } = window.host.capture('decoder');
      const open = { kind: 'bidirectional' } as const;
      const sites = summary.model.sites.map(site =>
        site.layer === 2 ? { ...site, mask: open } : site,
      );
      const capture = { ...summary, model: { ...summary.model, sites } };
      window.host.emit('run', { kind: 'ready', capture, stale: false });
    });
    await page.locator('.notice.warning').waitFor();
    assert.equal(
      await panel.text('.notice.warning .notice-text'),
      'Layer 2 of the decoder attends to later tokens while the other layers are causal: its mask is missing in the model.',
    );
    await panel.close();
  });

  it('can be read in every theme and width', async () => {
    for (const theme of THEMES) {
      for (const width of [480, 1200]) {
        const panel = await PanelPage.open({ capture: 'refused', theme, width });
        const box = await panel.page.locator('.missing-layer').boundingBox();
        assert.ok(box && box.width > 60 && box.x + box.width <= width, `${theme} ${width}`);
        await panel.screenshot(`missing-${theme}-${width}`);
        await panel.close();
      }
    }
  });
});
