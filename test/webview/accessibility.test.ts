import assert from 'node:assert/strict';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';

describe('accessibility', () => {
  after(closeBrowser);

  for (const theme of THEMES) {
    it(`axe-core finds nothing in ${theme}: result with tables, failure, empty`, async () => {
      const panel = await PanelPage.open({ theme, capture: 'decoder' });
      await panel.page.keyboard.press('Shift+T');
      await panel.page.locator('table').first().waitFor();
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.page.evaluate(() => window.host.fail('It stopped.', ['runAgain', 'showLog']));
      await panel.ready('failed');
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.page.evaluate(() => window.host.emit('run', { kind: 'empty' }));
      await panel.ready('empty');
      assert.deepEqual(await accessibilityProblems(panel), []);
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
    });
  }

  it('axe-core finds nothing with two sequences, a narrow panel, and while running', async () => {
    const panel = await PanelPage.open({ capture: 'translation', width: 480 });
    await panel.page.getByRole('radio', { name: 'Cross' }).click();
    assert.deepEqual(await accessibilityProblems(panel), []);
    await panel.page.evaluate(() => window.host.running({ stage: 'running', label: 'Running' }));
    await panel.ready('running');
    assert.deepEqual(await accessibilityProblems(panel), []);
    await panel.close();
  });

  it('targets are at least 24 pixels high and wide', async () => {
    const panel = await PanelPage.open();
    const small = await panel.page.evaluate(() => {
      const targets = 'button, vscode-dropdown, vscode-button, .token, .head-cell, [role="radio"]';
      return [...document.querySelectorAll<HTMLElement>(targets)]
        .filter(element => element.offsetParent !== null)
        .map(element => ({ element, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width < 24 || box.height < 24)
        .map(({ element, box }) => `${element.className} ${box.width} × ${box.height}`);
    });
    assert.deepEqual(small, []);
    await panel.close();
  });

  it('speaks the sentence once the locus rests', async () => {
    const panel = await PanelPage.open();
    const spoken = panel.page.locator('.sentence-band [role="status"]');
    await panel.page.waitForFunction(() =>
      document
        .querySelector('.sentence-band [role="status"]')
        ?.textContent.startsWith('In layer 3'),
    );
    await panel.page.keyboard.press('Alt+ArrowUp');
    await panel.page.keyboard.press('Alt+ArrowUp');
    await panel.page.waitForFunction(() =>
      document
        .querySelector('.sentence-band [role="status"]')
        ?.textContent.startsWith('In layer 1'),
    );
    assert.equal(await spoken.getAttribute('aria-live'), 'polite');
    await panel.close();
  });

  it('moves nothing under reduced motion, and keeps the bars in forced colours', async () => {
    const panel = await PanelPage.open({ reducedMotion: true, forcedColors: true });
    await panel.page.evaluate(() =>
      window.host.running({ stage: 'running', label: 'Running 19 tokens' }),
    );
    await panel.ready('running');
    const moving = await panel.page.evaluate(() => document.getAnimations().length);
    assert.equal(moving, 0);
    await panel.screenshot('forced-colors');
    await panel.close();
  });
});
