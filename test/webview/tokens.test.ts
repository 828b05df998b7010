import assert from 'node:assert/strict';
import { closeBrowser, PanelPage } from './support/panelPage';
import { mapBox } from './support/reading';

describe('tokens of every kind', () => {
  after(closeBrowser);

  it('shows hostile texts as texts: markup, directions, controls, 5,000 characters', async () => {
    const panel = await PanelPage.open({ capture: 'hostile' });
    const { page } = panel;
    assert.equal(await page.title(), 'Attention');
    assert.equal(await page.locator('#app img, #app script').count(), 0);
    const chips = await page.locator('.token .chip').allInnerTexts();
    assert.equal(chips[0]?.startsWith('<img·src=x·onerror='), true);
    assert.equal(chips[2], 'U+202EevilU+202C');
    assert.equal((chips[5] ?? '').length <= 48, true);
    assert.deepEqual(chips.slice(8, 11), ['·', '⏎', '⇥']);
    assert.equal(chips[12], '∅');
    assert.equal(await page.locator('.token.unknown').count(), 1);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false);
    for (let i = 0; i < 14; i++) await page.locator(`.token[data-index="${i}"]`).click();
    await panel.screenshot('hostile');
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('marks special tokens, pieces of one word, and a text of one token', async () => {
    const panel = await PanelPage.open();
    assert.equal(await panel.page.locator('.token.special').count(), 2);
    const gap = await panel.page.evaluate(() => {
      const box = (index: number): DOMRect | undefined =>
        document.querySelector(`.token[data-index="${index}"]`)?.getBoundingClientRect();
      return (box(16)?.left ?? 0) - (box(15)?.right ?? 0);
    });
    assert.equal(gap, 0);
    await panel.page.evaluate(() => window.host.show('short'));
    await panel.ready('short-1');
    assert.match(await panel.text('.sentence'), /^In layer 0, head 0, a may see only a\.$/);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('cross-attention: two sequences, a map that is not square, layers with fewer heads', async () => {
    const panel = await PanelPage.open({ capture: 'translation' });
    const { page } = panel;
    await page.getByRole('radio', { name: 'Cross' }).click();
    await page.getByRole('listbox', { name: 'Key tokens' }).waitFor();
    await page.waitForFunction(
      () => document.querySelector('.map-grid')?.getAttribute('aria-rowcount') === '6',
    );
    const box = await mapBox(panel);
    assert.deepEqual([box.rows, box.columns], [6, 19]);
    assert.equal(await page.locator('.head-cell').count(), 10);
    await page.getByRole('listbox', { name: 'Query tokens' }).locator('.token').nth(2).click();
    await page.getByRole('listbox', { name: 'Key tokens' }).locator('.token').nth(2).click();
    await page.waitForFunction(() =>
      /Tiger predicts #\d+ 2\s*→\s*tiger 2/.test(
        document.querySelector('.read-out')?.textContent ?? '',
      ),
    );
    assert.equal(
      await panel.text('.badge .wide'),
      'Decoder cross-attention · 3 layers × 2–4 heads · d_head 32',
    );
    assert.equal(await page.locator('.bar-row').count(), 19);
    const weighed = await page.locator('.token-line.weighted').count();
    assert.equal(weighed, 1);
    await panel.screenshot('cross-1200');
    await page.getByRole('radio', { name: 'Decoder' }).click();
    await page.waitForFunction(
      () => document.querySelector('.map-grid')?.getAttribute('aria-colcount') === '6',
    );
    await page.getByRole('radio', { name: 'Cross' }).click();
    await page.waitForFunction(() =>
      /Tiger predicts #\d+ 2\s*→\s*tiger 2/.test(
        document.querySelector('.read-out')?.textContent ?? '',
      ),
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
});
